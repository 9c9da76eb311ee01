import { Readable } from 'node:stream'
import { AppError, type ControllerInventory, type DesiredPackage, type DesiredPackages } from '@webmacs/contracts'
import { checkPackage, inspectPackage } from '@webmacs/plugin-packages'
import type { Logger } from '@webmacs/service-kit'
import { errorText } from '../error-text.ts'
import type { CataloguedPlugin } from '../inventory/plugin-catalogue.ts'
import type { PackageFolders } from './package-folders.ts'
import { PackageRefusal } from './package-refusal.ts'
import {
  newState,
  type PackageState,
  type PackageVersion,
  proved,
  refused,
  rolledBack,
  switched,
} from './package-state.ts'
import { Trial } from './trial.ts'

export interface UploadedPackagesOptions {
  readonly controller: string
  readonly folders: PackageFolders
  /** Drivers that can be run, by id; those of uploaded packages come and go here. */
  readonly catalogue: Map<string, CataloguedPlugin>
  /** @throws PackageRefusal when a driver of it does not start */
  readonly describe: (folder: string) => Promise<CataloguedPlugin[]>
  /** @throws Error when the file cannot be had now */
  readonly fetch: (wanted: DesiredPackage) => Promise<Buffer>
  /** Starts the instances of these plugins anew. */
  readonly restart: (plugins: ReadonlySet<string>) => { readonly ran: string[]; readonly ended: Promise<unknown> }
  /** Something of `inventory` changed. */
  readonly onChange: () => void
  readonly log: Logger
}

interface Package {
  state: PackageState
  trial: Trial | undefined
  /** Why the version that is wanted could not be had so far; it is tried again. */
  trouble: string | undefined
}

/**
 * The packages that were uploaded, as this controller uses them: unpacked on its disk, their drivers in the catalogue. Its methods are called
 * one after the other, except `note` and `inventory`.
 */
export class UploadedPackages {
  readonly #options: UploadedPackagesOptions
  readonly #packages = new Map<string, Package>()
  #wanted: DesiredPackages | undefined

  constructor(options: UploadedPackagesOptions) {
    this.#options = options
  }

  /** Uses what is on the disk, with or without a broker. */
  async load(): Promise<void> {
    for (const state of await this.#options.folders.open()) {
      const one: Package = { state, trial: undefined, trouble: undefined }
      this.#packages.set(state.name, one)
      await this.#loadCurrent(one)
    }
  }

  inventory(): ControllerInventory['packages'] {
    const names = new Set([...this.#packages.keys(), ...(this.#wanted?.packages ?? []).map(({ name }) => name)])
    return [...names].map((name) => this.#entryOf(name))
  }

  /**
   * Makes the packages those that are wanted.
   * @throws Error when it has to be tried again; what could be done is done
   */
  async follow(wanted: DesiredPackages): Promise<void> {
    this.#wanted = wanted
    const names = new Set(wanted.packages.map(({ name }) => name))
    for (const name of this.#packages.keys()) if (!names.has(name)) await this.#remove(name)
    const failures: unknown[] = []
    for (const one of wanted.packages) {
      if (!this.#isSettled(one)) await this.#tryToInstall(one).catch((err: unknown) => failures.push(err))
    }
    if (failures.length > 0) throw new AggregateError(failures, 'packages could not be installed')
  }

  /**
   * What became of the start of an instance's process.
   * @param end why it ended before it had started; undefined: it started
   * @returns what is to be done about the package, if anything
   */
  note(instance: string, plugin: string, end: string | undefined): (() => Promise<void>) | undefined {
    const name = this.#options.catalogue.get(plugin)?.description.package.name
    const one = name === undefined ? undefined : this.#packages.get(name)
    const verdict = one?.trial?.note(instance, end) ?? 'open'
    if (one === undefined || verdict === 'open') return undefined
    one.trial = undefined
    if (verdict === 'passed') return () => this.#prove(one)
    return () => this.#rollBack(one, `An instance of "${plugin}" does not start on it: its process ${end ?? 'ended'}.`)
  }

  async #loadCurrent(one: Package): Promise<void> {
    let drivers = await this.#driversOf(one)
    if (drivers.length === 0 && one.state.previous !== null) {
      one.state = rolledBack(one.state, one.trouble ?? '')
      await this.#options.folders.writeState(one.state)
      drivers = await this.#driversOf(one)
    }
    this.#publish(one.state.name, drivers)
    if (one.state.previous !== null) one.trial = new Trial(undefined)
    await this.#options.folders.tidy(one.state)
  }

  /** Of the version in use; none when it cannot be used, which is told. */
  async #driversOf(one: Package): Promise<CataloguedPlugin[]> {
    const { name, current } = one.state
    one.trouble = undefined
    if (current === null) return []
    try {
      return await this.#describe(name, current)
    } catch (err) {
      if (!(err instanceof PackageRefusal)) throw err
      this.#options.log.error({ event: 'package.unusable', package: name, err }, 'package cannot be used')
      one.trouble = err.message
      return []
    }
  }

  #isSettled({ name, sha256 }: DesiredPackage): boolean {
    const state = this.#packages.get(name)?.state
    return state?.current?.sha256 === sha256 || state?.refused?.sha256 === sha256
  }

  async #tryToInstall(wanted: DesiredPackage): Promise<void> {
    const { name, version, sha256 } = wanted
    const one = this.#packages.get(name) ?? { state: newState(name), trial: undefined, trouble: undefined }
    this.#packages.set(name, one)
    try {
      await this.#install(one, wanted)
      one.trouble = undefined
    } catch (err) {
      if (!(err instanceof PackageRefusal)) {
        one.trouble = `It cannot be installed yet: ${errorText(err)}.`
        throw err
      }
      one.trouble = undefined
      await this.#write(one, refused(one.state, { version, sha256 }, err.message))
      this.#options.log.error({ event: 'package.refused', package: name, version, err }, 'package is not used')
    } finally {
      this.#options.onChange()
    }
  }

  /** @throws PackageRefusal when this version is of no use, Error when it has to be tried again */
  async #install(one: Package, wanted: DesiredPackage): Promise<void> {
    const { folders, log } = this.#options
    const { name, version, sha256, size } = wanted
    const file = await this.#options.fetch(wanted)
    await this.#judge(file, wanted)
    await folders.unpack(name, { version, sha256 }, Readable.from([file]), size)
    const drivers = await this.#describe(name, { version, sha256 })
    await folders.writeState(switched(one.state, { version, sha256 }))
    one.state = switched(one.state, { version, sha256 })
    log.info({ event: 'package.installed', package: name, version }, 'package installed')
    await this.#swap(one, drivers)
  }

  /** api has judged it as well; but what comes over the network is not believed. */
  async #judge(file: Buffer, { name, version }: DesiredPackage): Promise<void> {
    const target = {
      controller: this.#options.controller,
      node: process.versions.node,
      os: process.platform,
      cpu: process.arch,
    }
    try {
      const contents = await inspectPackage(Readable.from([file]), file.byteLength)
      checkPackage(contents, [target])
      const { manifest, plugins } = contents
      if (manifest.name !== name || manifest.version !== version)
        throw new PackageRefusal(`It is ${manifest.name} ${manifest.version}.`)
      for (const id of plugins.keys()) {
        const owner = this.#options.catalogue.get(id)?.description.package.name
        if (owner !== undefined && owner !== name)
          throw new PackageRefusal(`Its plugin id "${id}" belongs to ${owner}.`)
      }
    } catch (err) {
      throw err instanceof AppError ? new PackageRefusal(err.message, { cause: err }) : err
    }
  }

  async #prove(one: Package): Promise<void> {
    if (one.state.previous === null) return
    await this.#write(one, proved(one.state))
  }

  /** The version before is used again; this one is not tried any more. */
  async #rollBack(one: Package, problem: string): Promise<void> {
    const { name, current } = one.state
    const { log } = this.#options
    log.error(
      { event: 'package.rolled-back', package: name, version: current?.version, problem },
      'package rolled back',
    )
    const state = rolledBack(one.state, problem)
    await this.#options.folders.writeState(state)
    one.state = state
    await this.#swap(one, await this.#driversOf(one))
    await this.#options.folders.tidy(state)
  }

  async #remove(name: string): Promise<void> {
    this.#packages.delete(name)
    // What runs may still need its files, to make its outputs safe.
    await this.#options.restart(this.#publish(name, [])).ended
    await this.#options.folders.remove(name)
    this.#options.log.info({ event: 'package.removed', package: name }, 'package removed')
    this.#options.onChange()
  }

  /** Drivers of another version take over, with the instances that use them. */
  async #swap(one: Package, drivers: readonly CataloguedPlugin[]): Promise<void> {
    const { ran, ended } = this.#options.restart(this.#publish(one.state.name, drivers))
    one.trial = one.state.previous !== null && ran.length > 0 ? new Trial(ran) : undefined
    this.#options.onChange()
    await ended
    if (ran.length === 0) await this.#prove(one)
  }

  /** @returns ids of the drivers that the package had or has */
  #publish(name: string, drivers: readonly CataloguedPlugin[]): ReadonlySet<string> {
    const { catalogue } = this.#options
    const before = [...catalogue].flatMap(([id, { description }]) => (description.package.name === name ? [id] : []))
    for (const id of before) catalogue.delete(id)
    for (const driver of drivers) catalogue.set(driver.description.id, driver)
    return new Set([...before, ...drivers.map(({ description }) => description.id)])
  }

  #describe(name: string, version: PackageVersion): Promise<CataloguedPlugin[]> {
    return this.#options.describe(this.#options.folders.pathOf(name, version))
  }

  async #write(one: Package, state: PackageState): Promise<void> {
    await this.#options.folders.writeState(state)
    one.state = state
    await this.#options.folders.tidy(state)
  }

  #entryOf(name: string): ControllerInventory['packages'][number] {
    const one = this.#packages.get(name)
    const wanted = this.#wanted?.packages.find((it) => it.name === name)
    const { current = null, refused: no = null } = one?.state ?? {}
    const isRefused = no !== null && (wanted === undefined || no.sha256 === wanted.sha256)
    const version = wanted?.version ?? (isRefused ? no.version : current?.version)
    const plugins = [...this.#options.catalogue.values()].flatMap(({ description }) =>
      description.package.name === name ? [description.id] : [],
    )
    return {
      name,
      version: plugins.length === 0 ? '' : (current?.version ?? ''),
      ...(version !== undefined && { wanted: version }),
      source: 'uploaded',
      plugins,
      problem: isRefused ? `Version ${no.version} is not used. ${no.problem}` : (one?.trouble ?? null),
    }
  }
}
