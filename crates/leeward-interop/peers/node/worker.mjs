// Encrypts and decrypts with the official SDK for Node: a JSON request a line comes in, an answer a line goes out.

import { constants } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// The packages are installed below target/, away from this file: the driver says where.
const require = createRequire(`${process.argv[2]}/package.json`);
const sdk = require("@aws-crypto/client-node");
const { KMS } = require("@aws-sdk/client-kms");

const { CommitmentPolicy, RawAesWrappingSuiteIdentifier: Wrapping } = sdk;
const allow = sdk.buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT);
const forbid = sdk.buildClient(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT);

const committing = [0x0478, 0x0578];
const wrapping = {
  16: Wrapping.AES128_GCM_IV12_TAG16_NO_PADDING,
  24: Wrapping.AES192_GCM_IV12_TAG16_NO_PADDING,
  32: Wrapping.AES256_GCM_IV12_TAG16_NO_PADDING,
};

function kms(spec) {
  return new KMS({
    region: spec.region,
    endpoint: spec.endpoint,
    credentials: { accessKeyId: spec.access_key_id, secretAccessKey: spec.secret_access_key },
    maxAttempts: 1,
  });
}

const discoveryFilter = (spec) => ({ accountIDs: spec.accounts, partition: spec.partition });

function rsaPadding(padding) {
  if (padding === "pkcs1") return { padding: constants.RSA_PKCS1_PADDING };
  return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: padding.replace("oaep-", "") };
}

const kinds = {
  "raw-aes": (spec) => {
    // The SDK wants memory of its own, not a piece of Node's pool.
    const key = Uint8Array.from(Buffer.from(spec.key, "base64"));
    return new sdk.RawAesKeyringNode({
      keyNamespace: spec.namespace,
      keyName: spec.name,
      unencryptedMasterKey: key,
      wrappingSuite: wrapping[key.length],
    });
  },
  "raw-rsa": (spec) =>
    new sdk.RawRsaKeyringNode({
      keyNamespace: spec.namespace,
      keyName: spec.name,
      rsaKey: { publicKey: spec.public ?? undefined, privateKey: spec.private ?? undefined },
      ...rsaPadding(spec.padding),
    }),
  multi: (spec) =>
    new sdk.MultiKeyringNode({
      generator: keyring(spec.generator),
      children: spec.children.map(keyring),
    }),
  kms: (spec) => new sdk.KmsKeyringNode({ generatorKeyId: spec.key, clientProvider: () => kms(spec) }),
  "kms-multi-region": (spec) =>
    new sdk.AwsKmsMrkAwareSymmetricKeyringNode({ keyId: spec.key, client: kms(spec) }),
  "kms-discovery": (spec) =>
    new sdk.KmsKeyringNode({
      discovery: true,
      discoveryFilter: discoveryFilter(spec),
      clientProvider: () => kms(spec),
    }),
  "kms-multi-region-discovery": (spec) =>
    new sdk.AwsKmsMrkAwareSymmetricDiscoveryKeyringNode({
      client: kms(spec),
      discoveryFilter: discoveryFilter(spec),
    }),
};

const keyrings = new Map();

function keyring(spec) {
  const name = JSON.stringify(spec);
  if (!keyrings.has(name)) keyrings.set(name, kinds[spec.kind](spec));
  return keyrings.get(name);
}

async function encrypt(request, data) {
  if (request.required.length) throw new Error("this SDK knows no required context");
  const client = committing.includes(request.suite) ? allow : forbid;
  const { result } = await client.encrypt(keyring(request.keyring), data, {
    suiteId: request.suite,
    encryptionContext: request.context,
    frameLength: request.frame_length,
  });
  return result;
}

async function decrypt(request, data) {
  const { plaintext, messageHeader } = await allow.decrypt(keyring(request.keyring), data);
  if (messageHeader.suiteId !== request.suite) {
    throw new Error(`the message is under suite ${messageHeader.suiteId}`);
  }
  for (const [key, value] of Object.entries(request.context)) {
    if (messageHeader.encryptionContext[key] !== value) throw new Error(`another value under ${key}`);
  }
  return plaintext;
}

async function answer(line) {
  const request = JSON.parse(line);
  try {
    const done = await { encrypt, decrypt }[request.do](request, Buffer.from(request.data, "base64"));
    return { done: done.toString("base64") };
  } catch (error) {
    // Whatever it is, the other side names the case that met it.
    return { failed: String(error) };
  }
}

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

// Nobody else may write where the answers go.
console.log = console.info = console.error;
const { version } = require("@aws-crypto/client-node/package.json");
say({ hello: `@aws-crypto/client-node ${version} (Node ${process.versions.node})` });
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  say(await answer(line));
}
