"""The inference server: bundles behind an HTTP API. It imports ``fitroom.pipelines`` and above, never training."""
