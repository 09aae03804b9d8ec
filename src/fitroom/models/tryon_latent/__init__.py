"""Try-on on a large pretrained base: diffusion among the latents of a VAE, person and garment in one picture.

    base        where a pretrained model lies, its configs, its weights, and the hash that names them
    config      what a bundle says of such a model
    shared      what does not depend on the form: frozen base, VAE, the tensors that are trained and ship
    inpainting  the form of Stable Diffusion 1.5 inpainting: a U-Net of 9 input channels, its self-attention trained
    attention   released attention weights of CatVTON's form
    network     what a config asks for, on its base or without

The base stays what it is: nothing of it is trained, averaged, saved or shipped but what ``shared`` names.
"""
