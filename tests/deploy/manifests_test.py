#!/usr/bin/env python3
"""The manifests of deploy/ against the schemas of Kubernetes, and what they promise each other.

KServe's own kinds are checked as far as their containers are Kubernetes' and by the names of the
fields; with the folder of its CRDs as an argument, against those."""
# SPDX-License-Identifier: Apache-2.0
import glob
import os
import sys
import unittest

import jsonschema
import kubernetes_validate
import yaml

DEPLOY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy", "kubernetes")
CRDS = None
VERSIONS = ("1.25", "1.31", kubernetes_validate.latest_version())

# Fields of a ServingRuntime and of an InferenceService's predictor that are used here.
RUNTIME = {"annotations", "labels", "supportedModelFormats", "protocolVersions", "multiModel", "containers"}
FORMAT = {"name", "version", "autoSelect", "priority"}
MODEL = {"modelFormat", "protocolVersion", "runtime", "storageUri", "args", "env", "resources"}


def documents(name):
    with open(os.path.join(DEPLOY, name), encoding="utf-8") as file:
        return list(yaml.safe_load_all(file))


def validate(resource):
    for version in VERSIONS:
        kubernetes_validate.validate(resource, version, strict=True)


def strict(schema):
    """A schema of a CRD as the API server takes it: what it does not name is an error."""
    if isinstance(schema, dict):
        if schema.get("x-kubernetes-int-or-string"):
            return {"type": ["integer", "string"]}
        schema = {key: strict(value) for key, value in schema.items()}
        if "properties" in schema and "additionalProperties" not in schema and \
                not schema.get("x-kubernetes-preserve-unknown-fields"):
            schema["additionalProperties"] = False
        return schema
    return [strict(each) for each in schema] if isinstance(schema, list) else schema


class Manifests(unittest.TestCase):
    def test_kubernetes_takes_them(self):
        kinds = documents("mle-serve.yaml")
        self.assertEqual([each["kind"] for each in kinds], ["Deployment", "Service"])
        for each in kinds:
            validate(each)

    def test_a_wrong_field_would_be_found(self):
        deployment = documents("mle-serve.yaml")[0]
        deployment["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
        with self.assertRaises(kubernetes_validate.ValidationError):
            validate(deployment)

    def test_ports_probes_and_selectors_belong_together(self):
        deployment, service = documents("mle-serve.yaml")
        template = deployment["spec"]["template"]
        container = template["spec"]["containers"][0]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        self.assertEqual(service["spec"]["selector"], template["metadata"]["labels"])
        for port in service["spec"]["ports"]:
            self.assertIn(port["targetPort"], ports)
        for probe in ("readinessProbe", "livenessProbe"):
            self.assertIn(container[probe]["httpGet"]["port"], ports)
        for flag, port in (("--http", "http"), ("--grpc", "grpc")):
            self.assertIn(f"{flag}=0.0.0.0:{ports[port]}", container["args"])
        given = dict(arg.lstrip("-").split("=", 1) for arg in container["args"])
        self.assertGreaterEqual(template["spec"]["terminationGracePeriodSeconds"],
                                int(given["drain-seconds"]) + int(given["drain-lag-seconds"]))
        mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
        self.assertIn(given["models"], mounts)

    def test_nothing_runs_as_root_or_writes(self):
        runtime = documents("kserve.yaml")[0]
        for container in (documents("mle-serve.yaml")[0]["spec"]["template"]["spec"]["containers"] +
                          runtime["spec"]["containers"]):
            security = container["securityContext"]
            self.assertFalse(security["allowPrivilegeEscalation"])
            self.assertTrue(security["readOnlyRootFilesystem"])
            self.assertEqual(security["capabilities"], {"drop": ["ALL"]})

    def test_kserve_takes_its_runtime(self):
        runtime, service = documents("kserve.yaml")
        self.assertEqual((runtime["apiVersion"], runtime["kind"]), ("serving.kserve.io/v1alpha1", "ServingRuntime"))
        self.assertLessEqual(set(runtime["spec"]), RUNTIME)
        for model_format in runtime["spec"]["supportedModelFormats"]:
            self.assertLessEqual(set(model_format), FORMAT)
        self.assertEqual(runtime["spec"]["containers"][0]["name"], "kserve-container")
        validate({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "as-kserve-makes-it"},
                  "spec": {"containers": runtime["spec"]["containers"]}})
        self.assertEqual((service["apiVersion"], service["kind"]),
                         ("serving.kserve.io/v1beta1", "InferenceService"))
        model = service["spec"]["predictor"]["model"]
        self.assertLessEqual(set(model), MODEL)
        self.assertEqual(model["runtime"], runtime["metadata"]["name"])
        formats = [each["name"] for each in runtime["spec"]["supportedModelFormats"]]
        self.assertIn(model["modelFormat"]["name"], formats)
        self.assertIn(model["protocolVersion"], runtime["spec"]["protocolVersions"])

    def test_kserves_own_definitions_take_them(self):
        if CRDS is None:
            self.skipTest("no folder of CRDs was given")
        schemas = {}
        for path in glob.glob(os.path.join(CRDS, "serving.kserve.io_*.yaml")):
            with open(path, encoding="utf-8") as file:
                crd = yaml.safe_load(file)
            for version in crd["spec"]["versions"]:
                name = crd["spec"]["group"] + "/" + version["name"]
                schemas[name, crd["spec"]["names"]["kind"]] = version["schema"]["openAPIV3Schema"]
        for each in documents("kserve.yaml"):
            schema = strict(schemas[each["apiVersion"], each["kind"]])
            schema["properties"]["metadata"] = {"type": "object"}
            jsonschema.validate(each, schema)
            each["spec"]["nonsense"] = 1
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(each, schema)


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        CRDS = sys.argv.pop(1)
    unittest.main(verbosity=1)
