"""MobileFace and the identity metric."""

import numpy as np
import pytest
import torch

from mienkit.metrics.identity import Identity, identity_alignment, load_identity
from mienkit.nn.mobileface import MobileFace, build_mobileface, mobileface_template


def test_embeddings_are_unit_vectors():
    embedding = MobileFace().eval()(torch.rand(2, 3, 112, 112) * 2 - 1)
    assert embedding.shape == (2, 256)
    assert torch.allclose(embedding.norm(dim=1), torch.ones(2), atol=1e-5)


def test_the_network_has_the_files_number_of_parameters(shared_models):
    from safetensors.torch import load_file

    state = load_file(shared_models / "mobileface_v2.safetensors")
    assert sum(tensor.numel() for tensor in state.values()) == 892_384
    network = build_mobileface(state)
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_tensors_of_another_network_are_refused():
    with pytest.raises(RuntimeError, match="missing"):
        build_mobileface({})


def test_a_face_on_the_template_needs_no_alignment():
    right, left, nose, corner, other = mobileface_template().double().numpy()
    landmarks = np.zeros((68, 2))
    landmarks[36:42], landmarks[42:48], landmarks[30], landmarks[48], landmarks[54] = right, left, nose, corner, other
    matrix = identity_alignment(landmarks + 0.5)
    assert np.allclose(matrix, [[1, 0, 0], [0, 1, 0]], atol=1e-3)


def test_a_person_is_nearer_to_itself_than_to_others(shared_data, shared_models, monkeypatch):
    monkeypatch.setenv("MIENKIT_ASSETS", str(shared_models))
    load_identity.cache_clear()
    from mienkit.data.readers.mediapipe_table import MediapipeTable

    samples = [sample for sample, _ in zip(MediapipeTable(shared_data).samples(), range(6), strict=False)]
    from mienkit.data.decode import decode_picture

    faces = [(decode_picture(sample.picture), np.asarray(sample.landmarks).reshape(68, 2)) for sample in samples]
    identity: Identity = load_identity()
    darker = [((picture * 0.8).astype(np.uint8), points) for picture, points in faces]
    same = [identity.similarity(a, b) for a, b in zip(faces, darker, strict=True)]
    other = [identity.similarity(faces[i], faces[j]) for i in range(6) for j in range(i)]
    assert min(same) > 0.8
    assert max(other) < 0.5
