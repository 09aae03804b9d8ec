"""Body models judged on people they have not met: error by measure, honesty of intervals, what each answer buys."""
