from pathlib import Path

import pytest

from openenv.core.manifest import ManifestError, load_manifest


def test_a_version_without_quotes_is_a_number_in_yaml(tmp_path: Path) -> None:
    (tmp_path / "openenv.yaml").write_text("name: play\nversion: 0.1\nspec_version: 1\n")
    assert load_manifest(tmp_path).version == "0.1"


@pytest.mark.parametrize("text", ["name: ''", "port: 8000", "[name]", "name: play\nport: many", "name: [play"])
def test_a_manifest_that_cannot_be_used(tmp_path: Path, text: str) -> None:
    (tmp_path / "openenv.yaml").write_text(text)
    with pytest.raises(ManifestError, match=r"openenv\.yaml"):
        load_manifest(tmp_path)
