"""Downloading models from the Hugging Face hub, or saying soon that it cannot be done."""

from __future__ import annotations

from pathlib import Path

from lfx.runtime.errors import WeightsError

# Seconds that the hub has to answer in.
_PATIENCE = 5.0
# What a transformers or timm repository holds for other frameworks.
_FOREIGN = ["*.h5", "*.msgpack", "*.ot", "*.onnx", "*.tflite", "*.mlmodel", "onnx/*", "openvino/*"]
# The same, and the pickled weights that a repository with safe ones holds beside them.
_PICKLED = [*_FOREIGN, "*.bin"]


def from_hub(hub_id: str, key: str, advice: str) -> Path:
    """Return the folder of a hub repository: what is downloaded already, else a download.

    Args:
        hub_id: the repository, as the hub names it.
        key: the setting that named it, for messages.
        advice: what does without the hub, for messages.

    Raises:
        WeightsError: there is no such repository, or the hub cannot be reached.
    """
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
    )

    for ignored in (_PICKLED, _FOREIGN):
        try:
            folder = Path(snapshot_download(hub_id, local_files_only=True, ignore_patterns=ignored))
        except HFValidationError as error:
            raise WeightsError(
                f"{key}={hub_id} is no id of the hub, such as "
                f"cardiffnlp/twitter-roberta-base: {error}"
            ) from error
        except LocalEntryNotFoundError:
            continue
        if any(folder.glob("*.safetensors")) or any(folder.glob("*.bin")):
            return folder  # otherwise a download was interrupted, which older clients do not notice
    try:
        # One quick question first: a download tries again and again for most of a minute.
        files = [
            entry.rfilename
            for entry in HfApi().model_info(hub_id, timeout=_PATIENCE).siblings or []
        ]
        ignored = _PICKLED if "model.safetensors" in files else _FOREIGN
        return Path(snapshot_download(hub_id, ignore_patterns=ignored))
    except HfHubHTTPError as error:
        raise WeightsError(f"the model hub refuses {hub_id}: {error}; {advice}") from error
    except OfflineModeIsEnabled as error:
        raise WeightsError(
            f"{hub_id} is not on this machine, and offline mode is on; {advice}"
        ) from error
    except OSError as error:
        raise WeightsError(f"the model hub cannot be reached for {hub_id}; {advice}") from error
    except Exception as error:
        # Which HTTP library the hub client brings depends on its version; lfx needs none itself.
        if type(error).__module__.partition(".")[0] not in {"httpx", "httpx2", "httpcore2"}:
            raise
        raise WeightsError(f"the model hub cannot be reached for {hub_id}; {advice}") from error
