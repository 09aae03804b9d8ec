"""The training of what reads bodies in photos: config, pictures, loss, module and plan."""
