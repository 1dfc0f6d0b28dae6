"""Encrypts and decrypts with the official SDK for Python: a JSON request a line comes in, an answer a line goes out."""

import base64
import json
import logging
import platform
import sys
from importlib.metadata import version

import aws_encryption_sdk
import boto3
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import (
    AesWrappingAlg,
    CreateAwsKmsDiscoveryKeyringInput,
    CreateAwsKmsKeyringInput,
    CreateAwsKmsMrkDiscoveryKeyringInput,
    CreateAwsKmsMrkKeyringInput,
    CreateDefaultCryptographicMaterialsManagerInput,
    CreateMultiKeyringInput,
    CreateRawAesKeyringInput,
    CreateRawRsaKeyringInput,
    CreateRequiredEncryptionContextCMMInput,
    DiscoveryFilter,
    PaddingScheme,
)
from aws_encryption_sdk import CommitmentPolicy
from aws_encryption_sdk.identifiers import AlgorithmSuite
from botocore.config import Config

PROVIDERS = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
SUITES = {suite.algorithm_id: suite for suite in AlgorithmSuite}
WRAPPING = {
    16: AesWrappingAlg.ALG_AES128_GCM_IV12_TAG16,
    24: AesWrappingAlg.ALG_AES192_GCM_IV12_TAG16,
    32: AesWrappingAlg.ALG_AES256_GCM_IV12_TAG16,
}
PADDINGS = {
    "pkcs1": PaddingScheme.PKCS1,
    "oaep-sha1": PaddingScheme.OAEP_SHA1_MGF1,
    "oaep-sha256": PaddingScheme.OAEP_SHA256_MGF1,
    "oaep-sha384": PaddingScheme.OAEP_SHA384_MGF1,
    "oaep-sha512": PaddingScheme.OAEP_SHA512_MGF1,
}
ALLOW = aws_encryption_sdk.EncryptionSDKClient(
    commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT
)
FORBID = aws_encryption_sdk.EncryptionSDKClient(
    commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
)
KEYRINGS = {}


def kms(spec):
    return boto3.client(
        "kms",
        region_name=spec["region"],
        endpoint_url=spec["endpoint"],
        aws_access_key_id=spec["access_key_id"],
        aws_secret_access_key=spec["secret_access_key"],
        config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1}, proxies={}),
    )


def discovery_filter(spec):
    return DiscoveryFilter(account_ids=spec["accounts"], partition=spec["partition"])


def pem(text):
    return None if text is None else text.encode()


def raw_aes(spec):
    key = base64.b64decode(spec["key"])
    return PROVIDERS.create_raw_aes_keyring(
        input=CreateRawAesKeyringInput(
            key_namespace=spec["namespace"],
            key_name=spec["name"],
            wrapping_key=key,
            wrapping_alg=WRAPPING[len(key)],
        )
    )


def raw_rsa(spec):
    return PROVIDERS.create_raw_rsa_keyring(
        input=CreateRawRsaKeyringInput(
            key_namespace=spec["namespace"],
            key_name=spec["name"],
            padding_scheme=PADDINGS[spec["padding"]],
            public_key=pem(spec.get("public")),
            private_key=pem(spec.get("private")),
        )
    )


def multi(spec):
    return PROVIDERS.create_multi_keyring(
        input=CreateMultiKeyringInput(
            generator=keyring(spec["generator"]),
            child_keyrings=[keyring(child) for child in spec["children"]],
        )
    )


def kms_key(spec):
    return PROVIDERS.create_aws_kms_keyring(
        input=CreateAwsKmsKeyringInput(kms_key_id=spec["key"], kms_client=kms(spec))
    )


def kms_multi_region_key(spec):
    return PROVIDERS.create_aws_kms_mrk_keyring(
        input=CreateAwsKmsMrkKeyringInput(kms_key_id=spec["key"], kms_client=kms(spec))
    )


def kms_discovery(spec):
    return PROVIDERS.create_aws_kms_discovery_keyring(
        input=CreateAwsKmsDiscoveryKeyringInput(kms_client=kms(spec), discovery_filter=discovery_filter(spec))
    )


def kms_multi_region_discovery(spec):
    return PROVIDERS.create_aws_kms_mrk_discovery_keyring(
        input=CreateAwsKmsMrkDiscoveryKeyringInput(
            kms_client=kms(spec), region=spec["region"], discovery_filter=discovery_filter(spec)
        )
    )


KINDS = {
    "raw-aes": raw_aes,
    "raw-rsa": raw_rsa,
    "multi": multi,
    "kms": kms_key,
    "kms-multi-region": kms_multi_region_key,
    "kms-discovery": kms_discovery,
    "kms-multi-region-discovery": kms_multi_region_discovery,
}


def keyring(spec):
    name = json.dumps(spec, sort_keys=True)
    if name not in KEYRINGS:
        KEYRINGS[name] = KINDS[spec["kind"]](spec)
    return KEYRINGS[name]


def materials(request):
    ring = keyring(request["keyring"])
    if not request["required"]:
        return {"keyring": ring}
    default = PROVIDERS.create_default_cryptographic_materials_manager(
        input=CreateDefaultCryptographicMaterialsManagerInput(keyring=ring)
    )
    required = PROVIDERS.create_required_encryption_context_cmm(
        input=CreateRequiredEncryptionContextCMMInput(
            required_encryption_context_keys=request["required"], underlying_cmm=default
        )
    )
    return {"materials_manager": required}


def encrypt(request, data):
    suite = SUITES[request["suite"]]
    client = ALLOW if suite.is_committing() else FORBID
    message, _ = client.encrypt(
        source=data,
        algorithm=suite,
        encryption_context=request["context"],
        frame_length=request["frame_length"],
        **materials(request),
    )
    return message


def decrypt(request, data):
    plaintext, header = ALLOW.decrypt(
        source=data, encryption_context=request["context"], **materials(request)
    )
    if header.algorithm.algorithm_id != request["suite"]:
        raise ValueError(f"the message is under suite {header.algorithm.algorithm_id:#06x}")
    return plaintext


def answer(line):
    request = json.loads(line)
    do = {"encrypt": encrypt, "decrypt": decrypt}[request["do"]]
    try:
        return {"done": base64.b64encode(do(request, base64.b64decode(request["data"]))).decode()}
    except Exception as error:  # Whatever it is, the other side names the case that met it.
        return {"failed": f"{type(error).__name__}: {error}"}


def main():
    # The SDK logs a trace of each refusal, some of which are meant; the answers say why.
    logging.disable(logging.CRITICAL)
    # Nobody else may write where the answers go.
    answers, sys.stdout = sys.stdout, sys.stderr
    name = f"aws-encryption-sdk {version('aws-encryption-sdk')} (Python {platform.python_version()})"
    print(json.dumps({"hello": name}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(line)), file=answers, flush=True)


main()
