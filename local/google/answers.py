"""Errors as Google's newer APIs show them; the clients turn them into typed exceptions."""

from starlette.responses import JSONResponse


def refusal(code: int, status: str, message: str) -> JSONResponse:
    """An error with its canonical status, such as NOT_FOUND."""
    return JSONResponse({"error": {"code": code, "status": status, "message": message}}, code)
