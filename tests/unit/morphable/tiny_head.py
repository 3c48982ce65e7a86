"""A head model of a few vertices, made by code: a ball whose parts and shapes have the real names."""

import numpy as np

from mienkit.morphable.head import EXPRESSION_NAMES, HeadModel, Triangles, Vertices, split_quads

RINGS, SPOKES = 9, 16
MODES = 4
POLE = RINGS * SPOKES


def ball(radius: float = 8.0) -> tuple[Vertices, Triangles]:
    """Build a closed ball, (146, 3) and (288, 3), whose triangles are counter-clockwise from outside."""
    heights = np.linspace(0, np.pi, RINGS + 2)[1:-1]
    turns = 2 * np.pi * np.arange(SPOKES) / SPOKES
    round_ = np.stack(
        [np.outer(np.sin(heights), np.sin(turns)), np.outer(np.cos(heights), np.ones(SPOKES)),
         np.outer(np.sin(heights), np.cos(turns))], -1,
    ).reshape(-1, 3)  # fmt: skip
    vertices = np.vstack([round_, [[0, 1, 0], [0, -1, 0]]]) * radius
    polygons = []
    for spoke in range(SPOKES):
        after = (spoke + 1) % SPOKES
        polygons += [[POLE, spoke, after, -1]]
        polygons += [[POLE + 1, (RINGS - 1) * SPOKES + after, (RINGS - 1) * SPOKES + spoke, -1]]
        for ring in range(RINGS - 1):
            upper, lower = ring * SPOKES, (ring + 1) * SPOKES
            polygons += [[upper + spoke, lower + spoke, lower + after, upper + after]]
    return vertices.astype(np.float32), split_quads(np.array(polygons))


def tiny_head() -> HeadModel:
    """Build a model whose every shape moves all vertices at random, ``mouthClose`` the lips towards each other."""
    dice = np.random.default_rng(0)
    vertices, triangles = ball()
    size = len(vertices)
    expression = dice.normal(0, 0.1, (len(EXPRESSION_NAMES), size, 3)).astype(np.float32)
    landmarks = np.arange(68, dtype=np.int32)
    vertices[61:64, 1], vertices[65:68, 1] = -3.0, -3.1
    close = EXPRESSION_NAMES.index("mouthClose")
    expression[close] = 0
    expression[close, 61:64, 1], expression[close, 65:68, 1] = -1.65, 2.0
    return HeadModel(
        neutral=vertices,
        triangles=triangles,
        identity=dice.normal(0, 0.1, (MODES, size, 3)).astype(np.float32),
        expression=expression,
        expression_names=EXPRESSION_NAMES,
        landmarks68=landmarks,
        parts={"face": (0, 64), "head": (64, size)},
    )
