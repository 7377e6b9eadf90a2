# W1 behind FastAPI and ONNX Runtime, asked in the same JSON as mle-serve: one worker, uvloop, no
# access log.
# usage: fastapi_onnxruntime.py PORT MODEL.onnx
# SPDX-License-Identifier: Apache-2.0
import sys

import fastapi
import numpy as np
import onnxruntime
import pydantic
import uvicorn


class Input(pydantic.BaseModel):
    name: str
    datatype: str
    shape: list[int]
    data: list[float]


class Question(pydantic.BaseModel):
    inputs: list[Input]


def one_thread_session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def main():
    session = one_thread_session(sys.argv[2])
    taken = session.get_inputs()[0]
    app = fastapi.FastAPI()

    @app.get("/v2/models/W1")
    async def metadata():
        shape = [-1 if isinstance(dim, str) else dim for dim in taken.shape]
        return {"name": "W1", "inputs": [{"name": taken.name, "datatype": "FP32", "shape": shape}]}

    @app.post("/v2/models/W1/infer")
    async def infer(question: Question):
        given = question.inputs[0]
        rows = np.asarray(given.data, dtype=np.float32).reshape(given.shape)
        answer = session.run(None, {taken.name: rows})[0]
        output = {"name": "Y", "datatype": "FP32", "shape": list(answer.shape),
                  "data": answer.ravel().tolist()}
        return {"model_name": "W1", "model_version": "1", "outputs": [output]}

    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools",
                access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
