"""What colour each sample of a rendered head has, compiled by numba; imported only when it is needed.

Everything is linear light, in the camera's frame: x right, y up, z to the camera.
"""

import numpy as np
import numpy.typing as npt

from mienkit.morphable.kernel import Floats, Integers, compiled

Bytes = npt.NDArray[np.uint8]

PLACE, NORMAL, SKY, LIT, TEXEL = 0, 3, 6, 9, 11
"""Columns of a vertex: centimetres, unit normal, light from the sky (3), share of each lamp it sees (2), texels (2)."""
COLUMNS = 13
LEFT_EYE, RIGHT_EYE, MOUTH, GUMS, TEETH = 1, 2, 3, 4, 5
WRAP_RED, WRAP_GREEN, WRAP_BLUE = 0.26, 0.11, 0.07
"""How far light creeps around the edge of shadows within the skin."""
SPREAD_RED, SPREAD_GREEN, SPREAD_BLUE = 1 / (1 + WRAP_RED), 1 / (1 + WRAP_GREEN), 1 / (1 + WRAP_BLUE)


@compiled
def shade_bust(
    seen: tuple[Integers, Floats], mesh: tuple[Integers, Bytes, Floats], chart: Floats, eyes: Floats, lamps: Floats,
    paints: Floats, result: Floats,
) -> None:  # fmt: skip
    """Colour the samples that see the bust.

    Args:
        seen: (H, W) triangle and (H, W, 2) weights of its corners.
        mesh: (T, 3) triangles, (T,) matter, (V, 13) corners.
        chart: (rows, columns, 5): red, green, blue, gloss, height in cm.
        eyes: (2, 32), see ``iris.Eyes``.
        lamps: (2, 6): direction and colour.
        paints: (3, 3) colours of the inside of the mouth, of gums and tongue, and of teeth.
        result: (H, W, 3), receives linear light.
    """
    triangle, bary = seen
    triangles, matter, corners = mesh
    height, width = triangle.shape
    point = np.zeros(COLUMNS, np.float32)
    colour = np.zeros(5, np.float32)
    shown = np.zeros(3, np.float32)
    lights = _with_halves(lamps)
    for y in range(height):
        for x in range(width):
            t = triangle[y, x]
            if t < 0:
                continue
            i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            _between(corners, (i, j, k), bary[y, x], point)
            kind = int(matter[t])
            if LEFT_EYE <= kind <= RIGHT_EYE:
                _shade_eye(point, eyes[kind - 1], lights, shown)
            elif kind >= MOUTH:
                for c in range(3):
                    colour[c] = paints[kind - MOUTH, c]
                colour[3] = 0.9 if kind == TEETH else 0.6
                _light(point, colour, lights, shown)
            else:
                _look_up(chart, point[TEXEL], point[TEXEL + 1], colour)
                _bump(chart, corners, i, j, k, point)
                _light(point, colour, lights, shown)
            for c in range(3):
                result[y, x, c] = shown[c]


@compiled
def _with_halves(lamps: Floats) -> Floats:
    """Add to each lamp the direction halfway between it and the camera, (2, 9)."""
    lights = np.zeros((len(lamps), 9), np.float32)
    for lamp in range(len(lamps)):
        lx, ly, lz = lamps[lamp, 0], lamps[lamp, 1], lamps[lamp, 2] + 1
        length = np.sqrt(lx * lx + ly * ly + lz * lz + 1e-9)
        lights[lamp, :6] = lamps[lamp]
        lights[lamp, 6], lights[lamp, 7], lights[lamp, 8] = lx / length, ly / length, lz / length
    return lights


@compiled
def _between(corners: Floats, triangle: tuple[int, int, int], weights: Floats, point: Floats) -> None:
    """Mix the corners of a triangle."""
    i, j, k = triangle
    u, v = weights[0], weights[1]
    w = np.float32(1.0) - u - v
    for c in range(COLUMNS):
        point[c] = w * corners[i, c] + u * corners[j, c] + v * corners[k, c]
    _set_length(point, NORMAL)


@compiled
def _set_length(point: Floats, at: int) -> None:
    x, y, z = point[at], point[at + 1], point[at + 2]
    length = 1 / np.sqrt(x * x + y * y + z * z + 1e-12)
    point[at], point[at + 1], point[at + 2] = x * length, y * length, z * length


@compiled
def _look_up(chart: Floats, x: float, y: float, colour: Floats) -> None:
    """Read colour and gloss off the chart, linearly between texels."""
    rows, columns = chart.shape[0], chart.shape[1]
    x = min(max(x - 0.5, 0.0), columns - 1.001)
    y = min(max(y - 0.5, 0.0), rows - 1.001)
    left, top = int(x), int(y)
    a, b = x - left, y - top
    for c in range(4):
        upper = (1 - a) * chart[top, left, c] + a * chart[top, left + 1, c]
        lower = (1 - a) * chart[top + 1, left, c] + a * chart[top + 1, left + 1, c]
        colour[c] = (1 - b) * upper + b * lower


@compiled
def _slope(chart: Floats, x: float, y: float) -> tuple[float, float]:
    """Return how much the height grows for each texel to the right and down, cm."""
    rows, columns = chart.shape[0], chart.shape[1]
    x = min(max(x - 0.5, 0.0), columns - 1.001)
    y = min(max(y - 0.5, 0.0), rows - 1.001)
    left, top = int(x), int(y)
    a, b = x - left, y - top
    here, right = chart[top, left, 4], chart[top, left + 1, 4]
    below, across = chart[top + 1, left, 4], chart[top + 1, left + 1, 4]
    return (1 - b) * (right - here) + b * (across - below), (1 - a) * (below - here) + a * (across - right)


@compiled
def _bump(chart: Floats, corners: Floats, i: int, j: int, k: int, point: Floats) -> None:
    """Tilt the normal by the slope of the chart's heights.

    Source: Blinn 1978, written with the surface gradient (Mikkelsen 2010).
    """
    du1, dv1 = corners[j, TEXEL] - corners[i, TEXEL], corners[j, TEXEL + 1] - corners[i, TEXEL + 1]
    du2, dv2 = corners[k, TEXEL] - corners[i, TEXEL], corners[k, TEXEL + 1] - corners[i, TEXEL + 1]
    if abs(du1) > 100 or abs(du2) > 100:  # where the cylinder was cut open
        return
    hu, hv = _slope(chart, point[TEXEL], point[TEXEL + 1])
    first, second = hu * du1 + hv * dv1, hu * du2 + hv * dv2
    ax, ay, az = corners[j, 0] - corners[i, 0], corners[j, 1] - corners[i, 1], corners[j, 2] - corners[i, 2]
    bx, by, bz = corners[k, 0] - corners[i, 0], corners[k, 1] - corners[i, 1], corners[k, 2] - corners[i, 2]
    nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    size = nx * nx + ny * ny + nz * nz + 1e-9
    gx = first * (by * nz - bz * ny) + second * (ny * az - nz * ay)
    gy = first * (bz * nx - bx * nz) + second * (nz * ax - nx * az)
    gz = first * (bx * ny - by * nx) + second * (nx * ay - ny * ax)
    steep = np.sqrt(gx * gx + gy * gy + gz * gz) / size
    factor = 1 / (size * (1 + 0.7 * steep))
    point[NORMAL] -= gx * factor
    point[NORMAL + 1] -= gy * factor
    point[NORMAL + 2] -= gz * factor
    _set_length(point, NORMAL)


@compiled
def _light(point: Floats, colour: Floats, lamps: Floats, result: Floats) -> None:
    """Light skin, or what is in the mouth: light that creeps through it and light that its oil throws back.

    Source: wrapped diffusion after Green 2004; highlights after Blinn 1977 and Schlick 1994.
    """
    nx, ny, nz = point[NORMAL], point[NORMAL + 1], point[NORMAL + 2]
    gloss = colour[3]
    rim = (1 - min(max(nz, 0.0), 1.0)) ** 4
    red, green, blue = point[SKY], point[SKY + 1], point[SKY + 2]
    shine = gloss * (0.03 + 0.22 * rim)
    shine_red, shine_green, shine_blue = shine * red, shine * green, shine * blue
    for lamp in range(2):
        lx, ly, lz = lamps[lamp, 0], lamps[lamp, 1], lamps[lamp, 2]
        share = point[LIT + lamp]
        cosine = nx * lx + ny * ly + nz * lz
        red += share * lamps[lamp, 3] * max(0.0, (cosine + WRAP_RED) * SPREAD_RED)
        green += share * lamps[lamp, 4] * max(0.0, (cosine + WRAP_GREEN) * SPREAD_GREEN)
        blue += share * lamps[lamp, 5] * max(0.0, (cosine + WRAP_BLUE) * SPREAD_BLUE)
        towards = max(0.0, nx * lamps[lamp, 6] + ny * lamps[lamp, 7] + nz * lamps[lamp, 8])
        p4 = towards * towards * towards * towards
        p12 = p4 * p4 * p4
        glance = share * gloss * min(max(4 * cosine, 0.0), 1.0) * (0.055 * p12 + 0.16 * p12 * p12 * p12 * p4 * p4)
        glance *= 1 + 3 * rim
        shine_red += glance * lamps[lamp, 3]
        shine_green += glance * lamps[lamp, 4]
        shine_blue += glance * lamps[lamp, 5]
    result[0] = colour[0] * red + shine_red
    result[1] = colour[1] * green + shine_green
    result[2] = colour[2] * blue + shine_blue


@compiled
def _shade_eye(point: Floats, eye: Floats, lamps: Floats, result: Floats) -> None:
    """Light an eyeball, which mirrors the lamps in its wet surface."""
    dx, dy, dz = point[0] - eye[0], point[1] - eye[1], point[2] - eye[2]
    length = 1 / np.sqrt(dx * dx + dy * dy + dz * dz)
    dx, dy, dz = dx * length, dy * length, dz * length
    away = _paint_eye(dx, dy, dz, eye, result)
    bulge = 0.62 if away < 1.1 else 0.0
    nx, ny, nz = dx - bulge * eye[3], dy - bulge * eye[4], dz - bulge * eye[5]
    length = 1 / np.sqrt(nx * nx + ny * ny + nz * nz)
    nx, ny, nz = nx * length, ny * length, nz * length
    for c in range(3):
        light = point[SKY + c]
        glint = 0.03 * light
        for lamp in range(2):
            lx, ly, lz = lamps[lamp, 0], lamps[lamp, 1], lamps[lamp, 2]
            share = point[LIT + lamp]
            light += lamps[lamp, 3 + c] * share * max(0.0, 0.25 + 0.75 * (dx * lx + dy * ly + dz * lz))
            towards = nx * lamps[lamp, 6] + ny * lamps[lamp, 7] + nz * lamps[lamp, 8]
            bright = eye[23] * max(share, 0.3) * _step((towards - eye[24]) / (1 - eye[24]) / 0.35)
            glint += bright * lamps[lamp, 3 + c]
        result[c] = result[c] * light + glint


@compiled
def _paint_eye(dx: float, dy: float, dz: float, eye: Floats, result: Floats) -> float:
    """Colour a direction from the eyeball's middle: sclera with veins, limbal ring, iris with fibres, pupil.

    Returns:
        How far from the axis it is, in radii of the iris.
    """
    across = dx * eye[6] + dy * eye[7] + dz * eye[8]
    up = dx * eye[9] + dy * eye[10] + dz * eye[11]
    away = np.sqrt(across * across + up * up) / eye[12]
    if dx * eye[3] + dy * eye[4] + dz * eye[5] < 0:
        away = 9.0
    angle = np.arctan2(up, across)
    veins = eye[27] * max(0.0, away - 1.3) * (0.7 + 0.6 * np.sin(9 * angle + 7 * away + eye[26]))
    result[0], result[1], result[2] = eye[13], eye[14] * (1 - veins), eye[15] * (1 - 0.9 * veins)
    if away < 1.15:
        fibre = 0.5 + 0.25 * np.sin(23 * angle + 3 * away + eye[26]) + 0.25 * np.sin(41 * angle - 5 * away)
        ring = _step((away - 0.36) / 0.34)
        bright = (0.78 + 0.42 * fibre) * (1 - 0.62 * _step((away - 0.76) / 0.22))
        bright *= 0.04 + 0.96 * _step((away - eye[22] + 0.05) / 0.10)
        bright *= 1.18 - 0.42 * (up / (eye[12] * max(away, 0.2)))  # the cornea throws light on the far side
        white = _step((away - 0.93) / 0.16)
        for c in range(3):
            iris = (eye[16 + c] * (1 - ring) + eye[19 + c] * ring) * bright
            result[c] = iris * (1 - white) + eye[13 + c] * white
    return away


@compiled
def _step(value: float) -> float:
    """Rise smoothly from 0 to 1."""
    clipped = min(max(value, 0.0), 1.0)
    return clipped * clipped * (3 - 2 * clipped)
