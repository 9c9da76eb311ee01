import { setTimeout as delay } from 'node:timers/promises'
import multipart, { type MultipartFile } from '@fastify/multipart'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import {
  AppError,
  type ControllerInventory,
  type PackageId,
  PackageUpload,
  PluginPackages,
  Success,
  success,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { anyId } from '@webmacs/http-kit/ids'
import { invalidField } from '@webmacs/http-kit/schema-validation'
import { PACKAGE_LIMITS } from '@webmacs/plugin-packages'
import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import type { Changes } from '../changes/changes.ts'
import type { ControllerStates } from '../plugins/controller-states.ts'
import { packageAnswers, packageState } from './package-answers.ts'
import { installPackage, removePackage } from './package-changes.ts'
import { listPackages, type PackageRow } from './package-store.ts'
import { type ReceivedFile, receiveFile } from './received-file.ts'

export interface PackageRoutesOptions {
  readonly db: Kysely<Tables>
  readonly changes: Changes
  readonly states: ControllerStates
}

const tags = ['Plugins']
const ById = Type.Object({ id: anyId<PackageId>('plugin package', 'pkg') })
/** A large package takes time to arrive, to be looked through and to be stored. */
const UPLOAD_DEADLINE_MS = 120_000
/** How long an upload waits for controllers to try the package, so that its answer can say what came of it. */
const CONTROLLERS_PATIENCE_MS = 10_000
const CHECK_INTERVAL_MS = 50
/** Around the file itself. */
const FORM_BYTES = 64 * 1024

const REFUSALS = [
  ...(['package.not-a-package', 'package.too-large', 'package.no-plugins', 'package.plugin-taken'] as const),
  ...(['package.version', 'package.node-version', 'package.platform', 'package.unbundled'] as const),
  ...(['package.native', 'package.path', 'package.bomb', 'package.broken', 'broker.unavailable'] as const),
] as const

export const packageRoutes =
  ({ db, changes, states }: PackageRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    await app.register(multipart, { limits: { fileSize: PACKAGE_LIMITS.fileBytes, files: 1, fields: 10 } })

    app.get(
      '/plugins/packages',
      {
        config: { errors: ['broker.unavailable'] },
        schema: {
          summary: 'List the packages that plugins come from',
          description: 'Bundled ones by name, then the uploaded ones, oldest first.',
          tags,
          response: { 200: PluginPackages },
        },
      },
      async () => packageAnswers(await listPackages(db), liveInventories(states)),
    )

    app.post(
      '/plugins/packages/upload',
      {
        bodyLimit: PACKAGE_LIMITS.fileBytes + FORM_BYTES,
        handlerTimeout: UPLOAD_DEADLINE_MS,
        config: { errors: REFUSALS },
        // The body is read as it comes, below.
        validatorCompiler: () => (value) => ({ value }),
        schema: {
          summary: 'Upload a package of plugins, or a newer version of one',
          description:
            'A .tgz as npm pack writes it, with everything that it needs bundled: nothing is fetched or run when it is installed. Its plugins can be used at once; of a newer version, instances of its plugins are restarted, and when it does not start, the version before is used again.',
          tags,
          consumes: ['multipart/form-data'],
          body: PackageUpload,
          response: { 201: Success },
        },
      },
      async (request, reply) => {
        const inventories = liveInventories(states)
        await using file = await receivePackage(request)
        const row = await installPackage(changes, file, inventories, principalOf(request))
        await untilTried(row, states)
        return reply.code(201).send(success(describeInstalled(row, liveInventories(states)), row.public_id))
      },
    )

    app.delete(
      '/plugins/packages/:id',
      {
        config: { errors: ['package.unknown', 'package.bundled', 'package.in-use', 'broker.unavailable'] },
        schema: {
          summary: 'Remove an uploaded package',
          description: 'From all controllers, at once. One that plugin instances use is not removed.',
          tags,
          params: ById,
          response: { 200: Success },
        },
      },
      async (request) => {
        const { id } = request.params
        const row = await removePackage(changes, id, liveInventories(states), principalOf(request))
        return success(`Plugin package '${row.package_name}' removed.`, id)
      },
    )
  }

/** Of controllers that give signs of life. @throws AppError `broker.unavailable` before anything was heard of them */
function liveInventories(states: ControllerStates): ControllerInventory[] {
  if (!states.isKnown) throw new AppError('broker.unavailable')
  return states.inventories.filter(({ controller }) => !states.isSilent(controller))
}

/** @throws AppError `package.too-large`, `request.media-type`, `request.invalid` */
async function receivePackage(request: FastifyRequest): Promise<ReceivedFile> {
  if (!request.isMultipart())
    throw new AppError('request.media-type', { detail: 'The body must be multipart/form-data, with the field "file".' })
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file' && part.fieldname === 'file') return await receiveUpTo(part.file)
      if (part.type === 'file') part.file.resume()
    }
  } catch (err) {
    throw isTooLarge(err) ? tooLarge() : (brokenForm(err) ?? err)
  }
  throw invalidField('body.file', 'is required, as a file')
}

/** @param content ends at the limit, and says so */
async function receiveUpTo(content: MultipartFile['file']): Promise<ReceivedFile> {
  const file = await receiveFile(content)
  if (!content.truncated) return file
  await file[Symbol.asyncDispose]()
  throw tooLarge()
}

const isTooLarge = (err: unknown): boolean =>
  err instanceof Error &&
  'code' in err &&
  (err.code === 'FST_REQ_FILE_TOO_LARGE' || err.code === 'FST_ERR_CTP_BODY_TOO_LARGE')

/** What the reader of forms says; it has no codes, unlike a disk that is full, and is no mistake of ours. */
const brokenForm = (err: unknown): AppError | undefined => {
  if (!(err instanceof Error) || err.name !== 'Error') return undefined
  if (!('code' in err)) return invalidField('body', `is no form: ${err.message}`)
  // Of the client's connection, as any other this would count as the database's.
  return err.code === 'ECONNRESET' ? invalidField('body', 'ended too early: the connection was closed') : undefined
}

const tooLarge = (): AppError =>
  new AppError('package.too-large', {
    detail: 'The package is larger than 50 MB. Leave out what the plugin does not need ("files" in package.json).',
  })

/** Until every controller uses the package or says why it does not, or patience ends. */
async function untilTried(row: PackageRow, states: ControllerStates): Promise<void> {
  const deadline = performance.now() + CONTROLLERS_PATIENCE_MS
  while (performance.now() < deadline) {
    const inventories = liveInventories(states)
    if (inventories.length === 0 || packageState(row, inventories).status !== 'installing') return
    await delay(CHECK_INTERVAL_MS)
  }
}

function describeInstalled(row: PackageRow, inventories: readonly ControllerInventory[]): string {
  const { package_name, version, plugin_ids, file_size_bytes } = row
  const what = `'${package_name}' ${version}`
  const plugins = `${plugin_ids.length === 1 ? 'plugin' : 'plugins'} ${plugin_ids.join(', ')}`
  const size = `${file_size_bytes.toLocaleString('en-US')} bytes`
  const state = packageState(row, inventories)
  if (state.status === 'ready') return `Plugin package ${what} installed (${size}). Its ${plugins} can be used at once.`
  if (state.status === 'failed')
    return `Plugin package ${what} received (${size}), but it is not in use. ${state.problem}`
  return `Plugin package ${what} received (${size}). Its ${plugins} can be used as soon as a controller has it.`
}
