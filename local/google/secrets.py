"""Secret Manager: one file per secret; its content is every version."""

import base64
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.google.answers import refusal


class SecretsApi:
    """Secrets from `folder`, by file name."""

    def __init__(self, folder: Path, project: str) -> None:
        self.folder = folder
        self.project = project
        folder.mkdir(parents=True, exist_ok=True)

    def routes(self) -> list[Route]:
        return [Route("/v1/projects/{project}/secrets/{secret}/versions/{version}:access", self._access)]

    async def _access(self, request: Request) -> Response:
        secret = request.path_params["secret"]
        path = self.folder / secret
        if request.path_params["project"] != self.project or not path.is_file():
            return refusal(404, "NOT_FOUND", f"Secret [projects/{self.project}/secrets/{secret}] not found.")
        name = f"projects/{self.project}/secrets/{secret}/versions/1"
        return JSONResponse({"name": name, "payload": {"data": base64.b64encode(path.read_bytes()).decode()}})
