"""The models' parts of answers: files and settings in, plain values out."""
