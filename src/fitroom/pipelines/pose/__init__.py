"""Pretrained pose models that the user has, by path: joints of the person in a photo, their mask where it is told."""
