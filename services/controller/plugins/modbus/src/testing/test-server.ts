import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { server as peers } from 'jsmodbus'

const ADDRESSES = 2048
const HOST = '127.0.0.1'

/** What the device holds: registers as big-endian words (`holding.writeInt16BE(value, address * 2)`), coils and discrete inputs as bits, lowest first. */
export interface ModbusTables {
  readonly holding: Buffer
  readonly input: Buffer
  readonly coils: Buffer
  readonly discrete: Buffer
}

/** A Modbus TCP server for tests and benches: 2048 addresses in each table, the same for every unit. */
export interface ModbusTestServer extends ModbusTables, AsyncDisposable {
  readonly host: string
  readonly port: number
  /** `tcp://host:port`, for a proxy in between. */
  readonly url: string
  /** Addresses that answer with an exception, alone or inside a longer request: address → exception code. */
  readonly faults: Map<number, number>
  /** Units that never answer. */
  readonly silentUnits: Set<number>
  /** Requests since the start, such as `unit 1: FC3 0+3`. */
  readonly requests: string[]
}

export interface ModbusTestServerOptions {
  /** Default: a free one. */
  readonly port?: number
  /** Frames as on a serial line; faults, silent units and the list of requests do not work then. Default false. */
  readonly rtu?: boolean
}

export const emptyTables = (): ModbusTables => ({
  holding: Buffer.alloc(ADDRESSES * 2),
  input: Buffer.alloc(ADDRESSES * 2),
  coils: Buffer.alloc(ADDRESSES / 8),
  discrete: Buffer.alloc(ADDRESSES / 8),
})

/** Starts a server on the loopback interface. The protocol is jsmodbus's, another implementation than the driver's. */
export async function startModbusTestServer({
  port = 0,
  rtu = false,
}: ModbusTestServerOptions = {}): Promise<ModbusTestServer> {
  const tables = emptyTables()
  const faults = new Map<number, number>()
  const silentUnits = new Set<number>()
  const requests: string[] = []
  const sockets = new Set<Socket>()

  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy()) // tests cut connections
    if (rtu) serveRtu(socket, tables)
    else filtered(socket, servedTcp(tables), { faults, silentUnits, requests })
  })
  listener.listen(port, HOST)
  await once(listener, 'listening')
  const bound = (listener.address() as AddressInfo).port // listening on TCP
  return {
    ...tables,
    host: HOST,
    port: bound,
    url: `tcp://${HOST}:${bound}`,
    faults,
    silentUnits,
    requests,
    [Symbol.asyncDispose]: async () => {
      const closed = once(listener, 'close')
      listener.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Answers requests in RTU frames on any stream: a socket, a pseudo-terminal. */
export function serveRtu(stream: Duplex, tables: ModbusTables): void {
  // the types ask for a serial port; of it, only `on('data')` and `write` are used
  new peers.RTU(stream as unknown as ConstructorParameters<typeof peers.RTU>[0], tables)
}

/** A stream whose other end is served in TCP frames. */
function servedTcp(tables: ModbusTables): Duplex {
  const [ours, theirs] = duplexPair()
  const unheard = createServer() // the types ask for a server; connections are handed in one by one
  new peers.TCP(unheard, tables)._onConnection(theirs as unknown as Socket) // only `on('data')` and `write` are used
  return ours
}

const HEADER_BYTES = 7
const FIRST_SINGLE_WRITE = 5
const LAST_SINGLE_WRITE = 6
const EXCEPTION_BIT = 0x80
const ILLEGAL_DATA_ADDRESS = 2

/** Lets frames through to the server, except those that are to fail. */
function filtered(
  socket: Socket,
  server: Duplex,
  { faults, silentUnits, requests }: Pick<ModbusTestServer, 'faults' | 'silentUnits' | 'requests'>,
): void {
  let received: Buffer = Buffer.alloc(0)
  server.pipe(socket)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    for (let size = frameSize(received); size <= received.length; size = frameSize(received)) {
      handle(received.subarray(0, size))
      received = received.subarray(size)
    }
  })

  function handle(frame: Buffer): void {
    const unit = frame.readUInt8(6)
    const code = frame.readUInt8(7)
    const address = frame.readUInt16BE(8)
    const single = code === FIRST_SINGLE_WRITE || code === LAST_SINGLE_WRITE
    const length = single ? 1 : frame.readUInt16BE(10)
    requests.push(`unit ${unit}: FC${code} ${address}+${length}`)
    const exception = exceptionOf(address, length)
    if (silentUnits.has(unit)) return
    if (exception === undefined) server.write(frame)
    else socket.write(exceptionFrame(frame, exception))
  }

  function exceptionOf(address: number, length: number): number | undefined {
    if (address + length > ADDRESSES) return ILLEGAL_DATA_ADDRESS
    for (let at = address; at < address + length; at++) if (faults.has(at)) return faults.get(at)
    return undefined
  }
}

const frameSize = (received: Buffer): number =>
  received.length < HEADER_BYTES ? Number.POSITIVE_INFINITY : 6 + received.readUInt16BE(4)

function exceptionFrame(request: Buffer, code: number): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + 2)
  request.copy(frame, 0, 0, HEADER_BYTES)
  frame.writeUInt16BE(3, 4)
  frame.writeUInt8(request.readUInt8(7) | EXCEPTION_BIT, 7)
  frame.writeUInt8(code, 8)
  return frame
}
