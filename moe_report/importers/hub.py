"""Models of the Hugging Face Hub: the config, and the headers of the weights by range requests.

Needs the extra ``hub``. The token, the cache, ``HF_ENDPOINT`` and ``HF_HUB_OFFLINE`` are where
huggingface_hub has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moe_report.errors import InputError, Problem, cause
from moe_report.importers.config_json import parse_config
from moe_report.importers.safetensors import Tensor, read_folder, tensor_of


@dataclass(frozen=True)
class HubModel:
    """What was read of a repository.

    Attributes:
        name: The repository's name, without its owner.
        config: Its ``config.json``.
        tensors: Its tensors by their headers; None if it has no safetensors files, or if they are
            not all in the cache and the client is offline.
    """

    name: str
    config: Mapping[str, Any]
    tensors: list[Tensor] | None


def fetch(reference: str) -> HubModel:
    """Return a repository's config, and its tensors by their headers.

    Args:
        reference: ``owner/name``, and perhaps ``@revision``.

    Raises:
        InputError: huggingface_hub is not installed, or the repository cannot be read; the reason
            (missing, gated, offline, no network) is named.
    """
    repository, _, revision = reference.partition("@")
    where = f"hf:{reference}"
    try:
        import huggingface_hub
        from huggingface_hub import constants, errors
    except ImportError as error:
        raise InputError(
            [Problem(where, "needs huggingface_hub: pip install 'moe-report[hub]'")]
        ) from error
    if not repository:
        raise InputError([Problem(where, "names no repository; expected hf:owner/name")])
    name = repository.rsplit("/", 1)[-1]
    asked = "config.json"
    with _quiet():
        try:
            _answers(repository, asked, revision or None)
            path = Path(
                huggingface_hub.hf_hub_download(repository, asked, revision=revision or None)
            )
            config = parse_config(path.read_bytes(), f"{where}, config.json")
            if constants.HF_HUB_OFFLINE:
                return HubModel(name, config, _cached(path.parent))
            # The folder is called like the commit: the headers are of the same one.
            asked = "one of the files that its index names"
            return HubModel(name, config, _headers(repository, path.parent.name, where))
        except InputError:
            raise
        except Exception as error:  # its own, those of its HTTP library, the system's
            raise InputError([Problem(where, _reason(error, errors, asked))]) from error


def _answers(repository: str, file: str, revision: str | None) -> None:
    """Ask once for a file that is not in the cache: the download itself asks for half a minute."""
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url, try_to_load_from_cache

    cached = try_to_load_from_cache(repository, file, revision=revision)
    if not constants.HF_HUB_OFFLINE and not isinstance(cached, str):
        get_hf_file_metadata(hf_hub_url(repository, file, revision=revision))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the client's progress bars, unless the caller has switched them off anyway."""
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    if are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def _cached(folder: Path) -> list[Tensor] | None:
    """The headers of weights that are in the cache; None unless all of them are."""
    try:
        return read_folder(folder)
    except InputError:
        return None


def _headers(repository: str, revision: str, where: str) -> list[Tensor] | None:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import NotASafetensorsRepoError

    try:
        found = HfApi().get_safetensors_metadata(repository, revision=revision)
    except NotASafetensorsRepoError:
        return None
    tensors: dict[str, Tensor] = {}
    problems = []
    for file, metadata in found.files_metadata.items():
        for name, entry in metadata.tensors.items():
            try:
                tensor = tensor_of(name, entry.dtype, entry.shape, entry.data_offsets)
            except (TypeError, ValueError) as error:
                message = f"its entry for {name} is broken: {error}"
                problems.append(Problem(f"{where}, {file}", message))
                break
            if name in tensors:
                problems.append(Problem(f"{where}, {file}", f"holds {name} a second time"))
            tensors[name] = tensor
    lacking = sorted(set(found.weight_map) - set(tensors))
    if lacking and not problems:
        message = f"the index names {lacking[0]}, which no file holds"
        problems.append(Problem(where, message))
    if problems:
        raise InputError(problems)
    return list(tensors.values())


def _reason(error: Exception, errors: Any, asked: str) -> str:
    # From the special to the general: a gated repository is also one that is not found.
    reasons = (
        ("GatedRepoError", "is gated: accept its terms on its page, and log in (`hf auth login`)"),
        ("RevisionNotFoundError", "has no such revision"),
        ("RepositoryNotFoundError", "there is no such repository, or it is private and you are not "
                                    "logged in (`hf auth login`)"),
        ("LocalEntryNotFoundError", "is not in the cache, and the Hub cannot be reached"),
        ("EntryNotFoundError", f"has no {asked}"),
        ("HFValidationError", "is not the name of a repository; expected hf:owner/name"),
        ("SafetensorsParsingError", "has a safetensors file whose header is broken"),
    )  # fmt: skip
    for name, reason in reasons:
        found = getattr(errors, name, None)
        if found is not None and isinstance(error, found):
            return reason
    why = cause(error)[:200]
    if isinstance(error, ConnectionError) or type(error).__name__ in _UNREACHABLE:
        return f"the Hub cannot be reached ({why}); HF_HUB_OFFLINE=1 reads what is in the cache"
    return f"cannot be read ({why})"


# Of the client's HTTP library, whichever it is.
_UNREACHABLE = (
    "ConnectError", "ConnectTimeout", "ReadTimeout", "ReadError", "ProxyError",
    "RemoteProtocolError", "PoolTimeout", "WriteError", "WriteTimeout",
)  # fmt: skip
