export type DataType = 'float' | 'int' | 'bool'
export type SecurityPolicyName = 'None' | 'Basic256Sha256' | 'Aes128_Sha256_RsaOaep' | 'Aes256_Sha256_RsaPss'
export type SecurityModeName = 'none' | 'sign' | 'sign_and_encrypt'

export interface OpcuaConfig {
  readonly endpoint_url: string
  readonly security_policy: SecurityPolicyName
  readonly security_mode: SecurityModeName
  readonly server_certificate: string
  readonly verify_server: boolean
  readonly authentication: 'anonymous' | 'user' | 'certificate'
  readonly username: string
  readonly password: string
  readonly certificate: string
  readonly private_key: string
  readonly publishing_interval_ms: number
  readonly keep_alive_seconds: number
  readonly timeout_seconds: number
  readonly nodes: readonly NodeConfig[]
}

export interface NodeConfig {
  readonly id: string
  readonly name: string
  readonly node_id: string
  readonly unit: string
  readonly min: number
  readonly max: number
  readonly data_type: DataType
  readonly scale: number
  readonly offset: number
  readonly writable: boolean
  readonly safe_value: number
  readonly sampling_interval_ms: number
  readonly queue_size: number
}

const text = (title: string, description: string, value = '') => ({
  type: 'string',
  title,
  description,
  maxLength: 1000,
  default: value,
})
const number = (title: string, description: string, value: number) => ({
  type: 'number',
  title,
  description,
  default: value,
})
const flag = (title: string, description: string, value: boolean) => ({
  type: 'boolean',
  title,
  description,
  default: value,
})
const choice = (title: string, description: string, values: readonly string[], value: string) => ({
  title,
  description,
  enum: values,
  default: value,
})
const pem = (title: string, description: string) => ({
  ...text(title, description),
  maxLength: 20_000,
  format: 'textarea',
})

const NODE = {
  type: 'object',
  required: ['id', 'node_id'],
  properties: {
    id: { ...text('Id', 'Short, unique, never changed', 'temperature'), minLength: 1 },
    name: text('Name', 'For people; empty: the id'),
    node_id: {
      ...text('Node id', 'As the server has it: ns=2;s=Temperature, ns=3;i=1001', 'ns=2;s=Temperature'),
      pattern: '^(ns=[0-9]+;)?(i=[0-9]+|s=.+|g=[0-9a-fA-F-]{36}|b=.+)$',
    },
    unit: { ...text('Unit', 'Engineering unit', '1'), minLength: 1 },
    min: number('Least', 'Lower end of the range, in the unit', 0),
    max: number('Greatest', 'Upper end of the range, in the unit', 100),
    data_type: choice('Type', 'Of the channel; the node may be of any numeric type', ['float', 'int', 'bool'], 'float'),
    scale: number('Scale', 'What 1 of the node is worth in the unit', 1),
    offset: number('Offset', 'Added after scaling', 0),
    writable: flag('Writable', 'Whether it is an output', false),
    safe_value: number('Safe value', 'Set when nobody drives it any more; of outputs', 0),
    sampling_interval_ms: {
      ...number('Sampling', 'How often the server looks at it, milliseconds; 0: as fast as it can', 500),
      minimum: 0,
      maximum: 3_600_000,
    },
    queue_size: {
      ...number('Queue', 'Values that the server keeps between two publications', 10),
      type: 'integer',
      minimum: 1,
      maximum: 1000,
    },
  },
}

export const CONFIG_SCHEMA = {
  type: 'object',
  properties: {
    endpoint_url: {
      ...text('Endpoint', 'Where the server listens', 'opc.tcp://192.168.1.40:4840'),
      pattern: '^opc\\.tcp://[^\\s/]+(/\\S*)?$',
    },
    security_policy: choice(
      'Security policy',
      'None only in a network that you trust',
      ['None', 'Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'],
      'None',
    ),
    security_mode: choice(
      'Security mode',
      'none belongs to the policy None, the others to the other policies',
      ['none', 'sign', 'sign_and_encrypt'],
      'none',
    ),
    server_certificate: pem(
      'Server certificate',
      "PEM, or its SHA-256 fingerprint; empty: the first attempt fails and shows the server's fingerprint",
    ),
    verify_server: flag('Verify', 'Whether the server must show this certificate; off only for trials', true),
    authentication: choice('Login', 'How to log in', ['anonymous', 'user', 'certificate'], 'anonymous'),
    username: text('User', 'For the login user'),
    password: { ...text('Password', 'For the login user'), format: 'password' },
    certificate: pem('User certificate', 'For the login certificate, PEM'),
    private_key: { ...pem('Private key', 'Of the user certificate, PEM'), format: 'password' },
    publishing_interval_ms: {
      ...number('Publishing', 'How often the server sends what changed, milliseconds', 500),
      minimum: 10,
      maximum: 10_000,
    },
    keep_alive_seconds: {
      ...number('Keep alive', 'How soon a dead server is noticed, seconds', 5),
      minimum: 1,
      maximum: 30,
    },
    timeout_seconds: { ...number('Timeout', 'For each answer, seconds', 5), minimum: 0.5, maximum: 60 },
    nodes: {
      type: 'array',
      title: 'Nodes',
      description: 'What is subscribed and written',
      maxItems: 1000,
      default: [{ id: 'temperature', node_id: 'ns=2;s=Temperature', unit: '°C' }],
      items: NODE,
    },
  },
}
