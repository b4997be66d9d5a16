"""On what the engines of CTranslate2 compute."""

from __future__ import annotations

from dubber.errors import UnavailableError

NO_GPU = "give --device cpu, or install the NVIDIA driver and CUDA 12's cuBLAS"


def device_of(engine: str, asked: str) -> str:
    """ "cuda" or "cpu" for what was asked: "auto" takes a GPU where there is one.

    UnavailableError if "cuda" was asked for `engine`, and there is none.
    """
    import ctranslate2

    found = bool(ctranslate2.get_cuda_device_count())
    if asked == "cuda" and not found:
        raise UnavailableError(f"{engine} finds no GPU", cure=NO_GPU)
    return "cuda" if found and asked != "cpu" else "cpu"
