"""Scaling out: models in replicas on a Ray cluster, in place of one worker process; keys and limits stay here."""
