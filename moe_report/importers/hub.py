"""Models of the Hugging Face Hub: the config, and the headers of the weights by range requests.

Needs the extra ``hub``. The token, the cache, ``HF_ENDPOINT`` and ``HF_HUB_OFFLINE`` are where
huggingface_hub has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moe_report.errors import InputError, Problem, cause
from moe_report.importers.config_json import parse_config
from moe_report.importers.lora import CONFIG, adapter_problem
from moe_report.importers.quantization import BESIDE, says_how_packed, with_recipe
from moe_report.importers.safetensors import INDEX, Tensor, read_folder, read_index, tensor_of


@dataclass(frozen=True)
class HubModel:
    """What was read of a repository.

    Attributes:
        name: The repository's name, without its owner.
        config: Its ``config.json``, with what a file beside it says of quantization.
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
    with _quiet():
        try:
            if not (answer := _is_there(repository, "config.json", revision or None)):
                raise _no_config(repository, revision or None, where, certain=answer is False)
            path = Path(
                huggingface_hub.hf_hub_download(
                    repository, "config.json", revision=revision or None
                )
            )
            # The folder is called like the commit: all else is of the same one.
            folder, commit = path.parent, path.parent.name
            config: Mapping[str, Any] = parse_config(path.read_bytes(), f"{where}, config.json")
            if constants.HF_HUB_OFFLINE:
                return HubModel(name, with_recipe(config, folder), _cached(folder))
            if not says_how_packed(config) and _is_there(repository, BESIDE, commit):
                huggingface_hub.hf_hub_download(repository, BESIDE, revision=commit)
            return HubModel(name, with_recipe(config, folder), _headers(repository, commit, where))
        except InputError:
            raise
        except Exception as error:  # its own, those of its HTTP library, the system's
            raise InputError([Problem(where, _reason(error, errors, constants))]) from error


def _is_there(repository: str, file: str, revision: str | None) -> bool | None:
    """Ask once for a file that is not in the cache: the download itself asks for half a minute.

    None if something is not there, and it is not said whether the file or all of the repository:
    the Hub says so beside its 404, and not every mirror does.
    """
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
    from huggingface_hub.errors import (
        HfHubHTTPError,
        RemoteEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    cached = try_to_load_from_cache(repository, file, revision=revision)
    if constants.HF_HUB_OFFLINE or isinstance(cached, str):
        return True
    try:
        get_hf_file_metadata(hf_hub_url(repository, file, revision=revision))
    except RemoteEntryNotFoundError:
        return False
    except (RepositoryNotFoundError, RevisionNotFoundError):
        raise
    except HfHubHTTPError as error:
        if error.response.status_code != 404:
            raise
        return None
    return True


def _no_config(repository: str, revision: str | None, where: str, *, certain: bool) -> InputError:
    """What to say where no config.json is; it may not be certain that there is a repository."""
    from huggingface_hub import HfApi, constants, hf_hub_download

    if _is_there(repository, CONFIG, revision):
        path = Path(hf_hub_download(repository, CONFIG, revision=revision))
        base = parse_config(path.read_bytes(), f"{where}, {CONFIG}").get("base_model_name_or_path")
        return adapter_problem(where, base if isinstance(base, str) else "")
    try:
        files = HfApi().list_repo_files(repository, revision=revision)
    except Exception:  # a mirror need not have lists of files, nor answer in the Hub's way
        if not certain:
            message = "there is no such repository, or no config.json in it"
            which = f"{constants.ENDPOINT} does not say which"
            return InputError([Problem(where, f"{message}: {which}")])
        files = []
    ggufs = sorted(file for file in files if file.endswith(".gguf"))
    named = f"; its GGUF files can be imported once they are there: {ggufs[0]}" if ggufs else ""
    return InputError([Problem(where, f"has no config.json{named}")])


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
    """The tensors of the repository's files; None if it has neither one file nor an index."""
    from huggingface_hub import HfApi, constants, hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    weight_map: dict[str, str] = {}
    files = [constants.SAFETENSORS_SINGLE_FILE]
    if not _is_there(repository, files[0], revision):
        if not _is_there(repository, INDEX, revision):
            return None
        index = Path(hf_hub_download(repository, INDEX, revision=revision))
        weight_map = read_index(index, f"{where}, {INDEX}")
        files = sorted(set(weight_map.values()))

    def read(file: str) -> Any:
        try:
            return HfApi().parse_safetensors_file_metadata(repository, file, revision=revision)
        except HfHubHTTPError as error:
            if error.response.status_code != 404:
                raise
            raise InputError([Problem(where, f"has no {file}, which its index names")]) from error

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict(zip(files, pool.map(read, files), strict=True))
    tensors: dict[str, Tensor] = {}
    problems = []
    for file, metadata in found.items():
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
    lacking = sorted(set(weight_map) - set(tensors))
    if lacking and not problems:
        message = f"the index names {lacking[0]}, which no file holds"
        problems.append(Problem(where, message))
    if problems:
        raise InputError(problems)
    return list(tensors.values())


def _reason(error: Exception, errors: Any, constants: Any) -> str:
    # From the special to the general: a gated repository is also one that is not found.
    reasons = (
        ("GatedRepoError", "is gated: accept its terms on its page, and log in (`hf auth login`)"),
        ("RevisionNotFoundError", "has no such revision"),
        ("RepositoryNotFoundError", "there is no such repository, or it is private and you are not "
                                    "logged in (`hf auth login`)"),
        ("LocalEntryNotFoundError", "is not in the cache, and the Hub cannot be reached"),
        ("HFValidationError", "is not the name of a repository; expected hf:owner/name"),
        ("SafetensorsParsingError", "has a safetensors file whose header is broken"),
    )  # fmt: skip
    if isinstance(error.__cause__, errors.FileMetadataError):
        return f"{constants.ENDPOINT} does not answer as the Hub does: it names no commit"
    for name, reason in reasons:
        found = getattr(errors, name, None)
        if found is not None and isinstance(error, found):
            return reason
    kind = type(error).__name__
    status = getattr(getattr(error, "response", None), "status_code", 0)
    if status in (401, 403):
        return (
            f"may not be read (HTTP {status}): it is gated or private, and you are not logged in"
            " (`hf auth login`) or your token does not open it"
        )
    if status == 429 or status >= 500:
        return f"the Hub answers HTTP {status}: try again later"
    why = cause(error)[:200]
    if isinstance(error, ConnectionError) or kind in _UNREACHABLE:
        return f"the Hub cannot be reached ({why}); HF_HUB_OFFLINE=1 reads what is in the cache"
    return f"cannot be read ({why})"


_AT_ONCE = 8  # headers that are asked for at the same time
# Of the client's HTTP library, whichever it is.
_UNREACHABLE = (
    "ConnectError", "ConnectTimeout", "ReadTimeout", "ReadError", "ProxyError",
    "RemoteProtocolError", "PoolTimeout", "WriteError", "WriteTimeout",
)  # fmt: skip
