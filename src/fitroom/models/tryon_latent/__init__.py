"""Try-on on a large pretrained base: diffusion among the latents of a VAE, person and garment in one picture.

    base        where a pretrained model lies, its configs, its weights, and the hash that names them
    config      what a bundle says of such a model
    adapters    what is trained beside the base: sizes, and low-rank parts of the attention
    shared      what a form is, and what does not depend on it: frozen base, VAE, the tensors that are trained and ship
    joined      person and garment in one picture; one_picture: what forms share that diffuse both
    inpainting  the form of Stable Diffusion 1.5 inpainting: a U-Net of 9 input channels, its self-attention trained
    flux        what the forms of FLUX share: the transformer, the prompt; packing: its tokens; flow: its noise levels
    flux_fill, flux_kontext   its two forms: one picture with a mask, or references along the sequence
    attention   released attention weights of CatVTON's form
    low_rank    which layers have a low rank beside them; low_rank_file: released adapters of FLUX
    network     what a config asks for, on its base or without

The base stays what it is: nothing of it is trained, averaged, saved or shipped but what ``shared`` names.
"""
