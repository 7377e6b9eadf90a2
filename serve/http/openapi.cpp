// SPDX-License-Identifier: Apache-2.0
#include <mle/version.h>

#include "serve/http/pages.h"

namespace mle::serve {
namespace {

// Written by hand, as small as it can be and still describe every question.
constexpr char kHead[] = R"json({
"openapi": "3.0.3",
"info": {"title": "mle-serve", "description": "The Open Inference Protocol over HTTP.", "version": ")json";

constexpr char kRest[] = R"json("},
"paths": {
 "/v2": {"get": {"summary": "Name, version and extensions of the server", "responses": {"200": {"$ref": "#/components/responses/Json"}}}},
 "/v2/health/live": {"get": {"summary": "Whether the server answers", "responses": {"200": {"$ref": "#/components/responses/Json"}}}},
 "/v2/health/ready": {"get": {"summary": "Whether the server asks for requests", "responses": {"200": {"$ref": "#/components/responses/Json"}, "503": {"$ref": "#/components/responses/Error"}}}},
 "/v2/models/stats": {"get": {"summary": "Statistics of every model", "responses": {"200": {"$ref": "#/components/responses/Json"}}}},
 "/v2/models/{model}": {"parameters": [{"$ref": "#/components/parameters/Model"}], "get": {"summary": "Inputs and outputs of a model", "responses": {"200": {"description": "metadata", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Metadata"}}}}, "404": {"$ref": "#/components/responses/Error"}}}},
 "/v2/models/{model}/ready": {"parameters": [{"$ref": "#/components/parameters/Model"}], "get": {"summary": "Whether a model serves", "responses": {"200": {"$ref": "#/components/responses/Json"}, "404": {"$ref": "#/components/responses/Error"}, "503": {"$ref": "#/components/responses/Error"}}}},
 "/v2/models/{model}/config": {"parameters": [{"$ref": "#/components/parameters/Model"}], "get": {"summary": "The configuration that Triton's clients ask for", "responses": {"200": {"$ref": "#/components/responses/Json"}, "404": {"$ref": "#/components/responses/Error"}}}},
 "/v2/models/{model}/stats": {"parameters": [{"$ref": "#/components/parameters/Model"}], "get": {"summary": "Statistics of a model", "responses": {"200": {"$ref": "#/components/responses/Json"}, "404": {"$ref": "#/components/responses/Error"}}}},
 "/v2/models/{model}/infer": {"parameters": [{"$ref": "#/components/parameters/Model"}], "post": {"summary": "Asks the newest version of a model", "requestBody": {"$ref": "#/components/requestBodies/Infer"}, "responses": {"200": {"$ref": "#/components/responses/Infer"}, "400": {"$ref": "#/components/responses/Error"}, "404": {"$ref": "#/components/responses/Error"}, "413": {"$ref": "#/components/responses/Error"}, "503": {"$ref": "#/components/responses/Error"}, "504": {"$ref": "#/components/responses/Error"}}}},
 "/v2/models/{model}/versions/{version}/infer": {"parameters": [{"$ref": "#/components/parameters/Model"}, {"$ref": "#/components/parameters/Version"}], "post": {"summary": "Asks one version of a model; metadata, readiness, configuration and statistics have this form, too", "requestBody": {"$ref": "#/components/requestBodies/Infer"}, "responses": {"200": {"$ref": "#/components/responses/Infer"}, "400": {"$ref": "#/components/responses/Error"}, "404": {"$ref": "#/components/responses/Error"}}}},
 "/v2/repository/index": {"post": {"summary": "Every model, its state and the reason", "responses": {"200": {"$ref": "#/components/responses/Json"}}}},
 "/v2/repository/models/{model}/load": {"parameters": [{"$ref": "#/components/parameters/Model"}], "post": {"summary": "Loads a model as its file is now", "security": [{"key": []}], "responses": {"200": {"description": "it serves"}, "400": {"$ref": "#/components/responses/Error"}, "403": {"$ref": "#/components/responses/Error"}, "404": {"$ref": "#/components/responses/Error"}}}},
 "/v2/repository/models/{model}/unload": {"parameters": [{"$ref": "#/components/parameters/Model"}], "post": {"summary": "Takes a model out", "security": [{"key": []}], "responses": {"200": {"description": "it serves no longer"}, "403": {"$ref": "#/components/responses/Error"}, "404": {"$ref": "#/components/responses/Error"}}}},
 "/v2/logging": {"get": {"summary": "What is logged", "responses": {"200": {"$ref": "#/components/responses/Json"}}}, "post": {"summary": "Changes what is logged", "security": [{"key": []}], "responses": {"200": {"$ref": "#/components/responses/Json"}, "403": {"$ref": "#/components/responses/Error"}}}},
 "/metrics": {"get": {"summary": "Metrics for Prometheus", "responses": {"200": {"description": "text format 0.0.4", "content": {"text/plain": {"schema": {"type": "string"}}}}}}}
},
"components": {
 "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
 "parameters": {
  "Model": {"name": "model", "in": "path", "required": true, "schema": {"type": "string"}},
  "Version": {"name": "version", "in": "path", "required": true, "schema": {"type": "string"}}
 },
 "requestBodies": {"Infer": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}, "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
 "responses": {
  "Json": {"description": "JSON", "content": {"application/json": {"schema": {}}}},
  "Infer": {"description": "the answer; bytes follow the JSON where the header Inference-Header-Content-Length says how long that is", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}, "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
  "Error": {"description": "what was wrong, and what to do", "content": {"application/json": {"schema": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}}}}
 },
 "schemas": {
  "Datatype": {"type": "string", "enum": ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64", "BYTES"]},
  "Tensor": {"type": "object", "required": ["name", "datatype", "shape"], "properties": {"name": {"type": "string"}, "datatype": {"$ref": "#/components/schemas/Datatype"}, "shape": {"type": "array", "items": {"type": "integer"}}, "parameters": {"type": "object", "properties": {"binary_data_size": {"type": "integer"}}}, "data": {"type": "array", "items": {}}}},
  "Metadata": {"type": "object", "properties": {"name": {"type": "string"}, "versions": {"type": "array", "items": {"type": "string"}}, "platform": {"type": "string"}, "inputs": {"type": "array", "items": {"$ref": "#/components/schemas/Tensor"}}, "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/Tensor"}}}},
  "Request": {"type": "object", "required": ["inputs"], "properties": {"id": {"type": "string"}, "parameters": {"type": "object", "properties": {"timeout": {"type": "integer", "description": "microseconds"}, "priority": {"type": "integer", "description": "1 goes before all others"}, "binary_data_output": {"type": "boolean"}}}, "inputs": {"type": "array", "items": {"$ref": "#/components/schemas/Tensor"}}, "outputs": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "parameters": {"type": "object", "properties": {"binary_data": {"type": "boolean"}}}}}}}},
  "Answer": {"type": "object", "properties": {"model_name": {"type": "string"}, "model_version": {"type": "string"}, "id": {"type": "string"}, "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/Tensor"}}}}
 }
}
}
)json";

}  // namespace

void append_openapi(std::string& to) { to.append(kHead).append(MLE_VERSION_STRING).append(kRest); }

}  // namespace mle::serve
