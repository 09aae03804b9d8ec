"""Try-on models, judged by what their pictures show."""
