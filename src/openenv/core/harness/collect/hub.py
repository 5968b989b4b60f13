"""Publishing a collection on the Hugging Face Hub."""

from importlib import import_module
from pathlib import Path

from .serializer import RolloutSerializer


def push_to_hf_hub(
    output_dir: Path | str,
    repo_id: str,
    *,
    private: bool = False,
    commit_message: str | None = None,
    token: str | None = None,
) -> str:
    """Upload the episodes and their metadata to a dataset repository, made where it does not exist.

    Args:
        output_dir: the folder of a :class:`RolloutSerializer`.
        repo_id: ``owner/name``.
        token: of the Hub; by default the one that is stored on this machine.

    Returns:
        The URL of the repository.

    Raises:
        FileNotFoundError: if there is no ``results.jsonl`` in the folder.
        ImportError: if ``huggingface_hub`` is not installed.
    """
    kept = RolloutSerializer(output_dir)
    if not kept.results_path.is_file():
        raise FileNotFoundError(f"{kept.results_path} does not exist: collect episodes first")
    try:
        hub = import_module("huggingface_hub")
    except ImportError as error:
        message = "huggingface_hub is not installed: pip install 'openenv[hub]'"
        raise ImportError(message, name="huggingface_hub") from error
    api = hub.HfApi(token=token)
    url = api.create_repo(repo_id, repo_type="dataset", private=private, exist_ok=True)
    api.upload_folder(
        repo_id=repo_id,
        repo_type="dataset",
        folder_path=kept.output_dir,
        allow_patterns=[kept.results_path.name, kept.metadata_path.name],
        commit_message=commit_message or "Add collected episodes",
    )
    return str(url)
