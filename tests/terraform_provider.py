"""A provider for Terraform that asks nobody: schemas of ours, services and job in a Cloud Run that is played.

Terraform reaches it where `TF_REATTACH_PROVIDERS` says, over its plugin protocol (tfplugin5, whose messages stand below
as far as they are used). What Terraform plans, and what it asks of Cloud Run, is Terraform's own doing.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from pip._vendor import msgpack

from tests.fake_cloud_run import settle
from tests.terraform_schema import Block, of_files

UNKNOWN = msgpack.ExtType(0, b"\0")
SOURCE = "registry.terraform.io/hashicorp/google"

# Messages by name: fields in order as `name:type`, `*` for repeated; a number where the next field's differs.
MESSAGES = """
DynamicValue msgpack:bytes json:bytes
Diagnostic severity:int64 summary:string detail:string
RawState json:bytes
Attribute name:string type:bytes description:string required:bool optional:bool computed:bool sensitive:bool
  description_kind:int64 deprecated:bool write_only:bool
Block version:int64 attributes:*Attribute block_types:*NestedBlock
NestedBlock type_name:string block:Block nesting:int64 min_items:int64 max_items:int64
Schema version:int64 block:Block
Named key:string value:Schema
SchemaAnswer provider:Schema resource_schemas:*Named data_source_schemas:*Named
PrepareAsk config:DynamicValue
PrepareAnswer prepared_config:DynamicValue diagnostics:*Diagnostic
ValidateAsk type_name:string config:DynamicValue
Diagnostics diagnostics:*Diagnostic
UpgradeAsk type_name:string version:int64 raw_state:RawState
UpgradeAnswer upgraded_state:DynamicValue diagnostics:*Diagnostic
ReadAsk type_name:string current_state:DynamicValue
ReadAnswer new_state:DynamicValue diagnostics:*Diagnostic
PlanAsk type_name:string prior_state:DynamicValue proposed_new_state:DynamicValue config:DynamicValue
PlanAnswer planned_state:DynamicValue requires_replace:*RawState planned_private:bytes diagnostics:*Diagnostic
  legacy_type_system:bool
ApplyAsk type_name:string prior_state:DynamicValue planned_state:DynamicValue config:DynamicValue
ApplyAnswer new_state:DynamicValue private:bytes diagnostics:*Diagnostic legacy_type_system:bool
DataAsk type_name:string config:DynamicValue
DataAnswer state:DynamicValue diagnostics:*Diagnostic
Empty
""".replace("\n  ", " ")


def _messages() -> dict[str, Any]:
    """The classes of those messages."""
    kinds = descriptor_pb2.FieldDescriptorProto
    scalars = {
        "bytes": kinds.TYPE_BYTES,
        "string": kinds.TYPE_STRING,
        "bool": kinds.TYPE_BOOL,
        "int64": kinds.TYPE_INT64,
    }
    file = descriptor_pb2.FileDescriptorProto(name="tests_tfplugin5.proto", package="tests.tfplugin5", syntax="proto3")
    names = []
    for line in MESSAGES.strip().splitlines():
        name, *fields = line.split()
        names.append(name)
        message = file.message_type.add(name=name)
        for number, each in enumerate(fields, 1):
            label, kind = each.split(":")
            told = message.field.add(name=label, number=number, label=kinds.LABEL_OPTIONAL)
            if kind.startswith("*"):
                told.label, kind = kinds.LABEL_REPEATED, kind[1:]
            if kind in scalars:
                told.type = scalars[kind]
            else:
                told.type, told.type_name = kinds.TYPE_MESSAGE, f".tests.tfplugin5.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"tests.tfplugin5.{name}")) for name in names
    }


M = _messages()


def packed(value: Any) -> Any:
    return M["DynamicValue"](msgpack=msgpack.packb(value))


def unpacked(value: Any) -> Any:
    return msgpack.unpackb(value.msgpack, raw=False, strict_map_key=False) if value.msgpack else None


class Provider:
    """What Terraform asks, and what it is told. `cloud` is that of `tests.fake_cloud_run`."""

    def __init__(self, folder: Path, cloud: Callable[[], dict[str, Any]]) -> None:
        self.resources, self.data = of_files(folder)
        self.cloud = cloud
        self.changed: list[str] = []

    def schema(self, _: Any) -> Any:
        answer = M["SchemaAnswer"](provider=_message(_PROVIDER))
        answer.resource_schemas.extend(M["Named"](key=key, value=_message(one)) for key, one in self.resources.items())
        answer.data_source_schemas.extend(M["Named"](key=key, value=_message(one)) for key, one in self.data.items())
        return answer

    def upgrade(self, asked: Any) -> Any:
        return M["UpgradeAnswer"](upgraded_state=M["DynamicValue"](json=asked.raw_state.json))

    def read(self, asked: Any) -> Any:
        """What Google says of it today: a service as it runs, everything else as it was."""
        state = unpacked(asked.current_state)
        if state and asked.type_name == "google_cloud_run_v2_service" and state["name"] in self.cloud()["services"]:
            self._see(state)
        if state and asked.type_name == "google_cloud_run_v2_job":
            state["template"][0]["template"][0]["containers"][0] |= _container(self.cloud()["job"][state["name"]])
        return M["ReadAnswer"](new_state=packed(state))

    def _see(self, state: dict[str, Any]) -> None:
        service = self.cloud()["services"][state["name"]]
        [template] = state["template"]
        template["revision"] = service["next"] if not service["next"].endswith("-00001-abc") else None
        template["containers"][0] |= _container(service["revisions"][service["next"]])
        state["client"] = "gcloud"
        state["traffic"] = [
            {"percent": one.get("percent"), "revision": one.get("revision"), "tag": one.get("tag"), "type": None}
            for one in service["wants"]
            if not one.get("latest")
        ]

    def plan(self, asked: Any) -> Any:
        """As the real one: what is not given and only Google knows is unknown until it is made, and then stays."""
        proposed = unpacked(asked.proposed_new_state)
        if proposed is not None and unpacked(asked.prior_state) is None:
            _fill(proposed, self.resources[asked.type_name], lambda name: UNKNOWN)
        return M["PlanAnswer"](planned_state=packed(proposed), legacy_type_system=True)

    def apply(self, asked: Any) -> Any:
        prior, planned = unpacked(asked.prior_state), unpacked(asked.planned_state)
        answer = M["ApplyAnswer"](legacy_type_system=True)
        if planned is not None:
            planned = _known(planned)
            _fill(planned, self.resources[asked.type_name], lambda name: f"{asked.type_name}-{name}")
        self.changed.append(f"{asked.type_name}.{(planned or prior).get('name')}")
        if planned and asked.type_name == "google_cloud_run_v2_service":
            answer.diagnostics.extend(self._patch(planned, prior))
        answer.new_state.CopyFrom(packed(planned))
        return answer

    def _patch(self, planned: dict[str, Any], prior: dict[str, Any] | None) -> list[Any]:
        """Change a service: a new revision where what it runs differs, and a wait until the service is ready."""
        service = self.cloud()["services"][planned["name"]]
        [container] = planned["template"][0]["containers"]
        env = {one["name"]: one["value"] for one in container.get("env") or []}
        made = {"image": container["image"], "env": env}
        if prior is not None and made != service["revisions"][service["next"]]:
            service["next"] = f"{planned['name']}-{len(service['revisions']) + 1:05}-tf"
            service["revisions"][service["next"]] = made
        if settle(planned["name"], service):
            return []
        return [M["Diagnostic"](severity=1, summary=f"Error waiting to update Service: {service['next']} is not ready")]

    def look_up(self, asked: Any) -> Any:
        state = unpacked(asked.config)
        _fill(state, self.data[asked.type_name], lambda name: "123456789" if name == "number" else f"data-{name}")
        return M["DataAnswer"](state=packed(state))

    def calls(self) -> dict[str, tuple[Callable[[Any], Any], str]]:
        """Terraform's calls: what answers each, and what is asked."""
        nothing = lambda asked: M["Diagnostics"]()  # noqa: E731
        return {
            "GetSchema": (self.schema, "Empty"),
            "PrepareProviderConfig": (lambda asked: M["PrepareAnswer"](prepared_config=asked.config), "PrepareAsk"),
            "ValidateResourceTypeConfig": (nothing, "ValidateAsk"),
            "ValidateDataSourceConfig": (nothing, "ValidateAsk"),
            "Configure": (nothing, "Empty"),
            "UpgradeResourceState": (self.upgrade, "UpgradeAsk"),
            "ReadResource": (self.read, "ReadAsk"),
            "PlanResourceChange": (self.plan, "PlanAsk"),
            "ApplyResourceChange": (self.apply, "ApplyAsk"),
            "ReadDataSource": (self.look_up, "DataAsk"),
            "Stop": (lambda asked: M["Empty"](), "Empty"),
        }


_PROVIDER = Block()


def _message(block: Block) -> Any:
    return M["Schema"](block=_block(block))


def _block(block: Block) -> Any:
    attributes = [
        M["Attribute"](
            name=name,
            type=json.dumps(one.type).encode(),
            required=one.required,
            optional=one.optional,
            computed=one.computed,
            write_only=one.write_only,
        )
        for name, one in block.attributes.items()
    ]
    # All as lists, which the real one does for nearly all.
    inner = [M["NestedBlock"](type_name=name, block=_block(one), nesting=2) for name, one in block.blocks.items()]
    return M["Block"](attributes=attributes, block_types=inner)


def _fill(state: dict[str, Any], block: Block, value: Callable[[str], Any]) -> None:
    """Give what only Google knows, where nothing is given, a value of the attribute's type."""
    for name, one in block.attributes.items():
        if one.computed and state.get(name) is None:
            told = value(name)
            if told is not UNKNOWN:
                told = {"string": told, "number": 1, "bool": False}.get(str(one.type), {} if "map" in one.type else [])
            state[name] = told
    for name, inner in block.blocks.items():
        for each in state.get(name) or []:
            _fill(each, inner, value)


def _known(value: Any) -> Any:
    """The same without what is unknown."""
    if isinstance(value, msgpack.ExtType):
        return None
    if isinstance(value, dict):
        return {name: _known(one) for name, one in value.items()}
    return [_known(one) for one in value] if isinstance(value, list) else value


def _container(made: dict[str, Any]) -> dict[str, Any]:
    return {"image": made["image"], "env": [{"name": name, "value": value} for name, value in made["env"].items()]}


@contextmanager
def attached(provider: Provider) -> Iterator[dict[str, str]]:
    """Serve a provider, and yield what Terraform's environment must say to find it."""

    def answer(play: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
        return lambda asked, _: play(asked)

    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            answer(play),
            request_deserializer=M[asked].FromString,
            response_serializer=lambda told: told.SerializeToString(),
        )
        for name, (play, asked) in provider.calls().items()
    }
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("tfplugin5.Provider", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    place = {"Network": "tcp", "String": f"127.0.0.1:{port}"}
    told = {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": 1, "Test": True, "Addr": place}
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps({SOURCE: told})}
    finally:
        server.stop(None)
