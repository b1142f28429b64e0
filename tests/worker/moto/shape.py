"""Checks a body against the published model of an operation of Amazon's, which botocore brings along.

    python shape.py sesv2 SendEmail < body.json

Prints what is missing from it, of the wrong type, or unknown to the model.
"""

import json
import sys

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

service, operation = sys.argv[1:]
model = ServiceModel(Loader().load_service_model(service, "service-2"))
shape = model.operation_model(operation).input_shape
print(ParamValidator().validate(json.load(sys.stdin), shape).generate_report(), end="")
