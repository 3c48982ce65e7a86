"""Pictures that were made earlier, so that a critic does not forget what its generator has already left behind.

Source: Shrivastava et al. 2017, section 2.3; as in the code of CycleGAN, which keeps 50.
"""

import torch
from torch import Tensor, nn

from mienkit.core.noise import uniform

POOL_STREAM = 3
"""Of a sample's key: whether it is swapped, and for which picture."""


class ImagePool(nn.Module):
    """Keeps pictures; half of those that come are swapped for kept ones.

    The pictures are buffers, so that a checkpoint holds them and a resumed training changes no bit. Samples are taken
    one after another, each by the numbers of its own key: the parts of a divided batch see what the whole one would.
    Of several processes each keeps pictures of its own share, and a resumed run goes on with those of the first.
    """

    kept: Tensor
    count: Tensor

    def __init__(self, size: int, *shape: int) -> None:
        """Make an empty pool.

        Args:
            size: how many pictures it keeps; 0 gives back every picture as it is.
            shape: of one picture, (C, H, W).
        """
        super().__init__()
        self.register_buffer("kept", torch.zeros(size, *shape))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def swap(self, pictures: Tensor, key: Tensor) -> Tensor:
        """Return pictures, (B, C, H, W), half of them earlier ones once the pool is full; call it in one phase only.

        Args:
            pictures: that were just made.
            key: (B,) int64, the samples' keys.
        """
        size, count = len(self.kept), int(self.count)
        given, dice = pictures.detach().clone(), uniform(key, 2, stream=POOL_STREAM).tolist()
        for row, (coin, place) in enumerate(dice if size else ()):
            if count < size:
                self.kept[count] = pictures[row]
                count += 1
            elif coin < 0.5:
                chosen = int(place * size)
                given[row] = self.kept[chosen]
                self.kept[chosen] = pictures[row]
        self.count.fill_(count)
        return given
