import { Anchor, Button, Skeleton, Stack, Switch } from '@mantine/core'
import { IconPlugConnected } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { CreatePluginInstance, PluginDetails } from '@webmacs/contracts'
import { type FormEvent, useMemo, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { Failure } from '../../components/failure.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Section } from '../../components/section.tsx'
import { usePageTitle } from '../../lib/use-page-title.ts'
import { formOf } from '../schema-form/form-model.ts'
import { pluginsQuery } from '../signals/queries.ts'
import { ConnectionTest } from './connection-test.tsx'
import { createBody, newDraft } from './device-draft.ts'
import { DeviceFields } from './device-fields.tsx'
import classes from './devices.module.css'
import { DriverChoice } from './driver-choice.tsx'
import { driverQuery, forgetDevices } from './queries.ts'
import { untoldError, useDeviceForm } from './use-device-form.ts'

const route = getRouteApi('/signed-in/devices/new')

/** First the driver, then what it needs to know. */
export function NewDevicePage() {
  const { driver } = route.useSearch()
  usePageTitle('Add device')
  return driver === undefined ? <ChooseDriver /> : <Configure pluginId={driver} />
}

function ChooseDriver() {
  return (
    <Stack gap="lg">
      <PageHeader title="Add device" description="Choose the driver that speaks with your device." />
      <DriverChoice />
    </Stack>
  )
}

function Configure({ pluginId }: { readonly pluginId: string }) {
  const { client } = useServices()
  const driver = useQuery(driverQuery(client, pluginId))
  const instances = useQuery(pluginsQuery(client))
  return (
    <Stack gap="lg">
      <PageHeader
        title={driver.data === undefined ? 'Add device' : `Add ${driver.data.name}`}
        {...(driver.data === undefined ? {} : { description: driverLine(driver.data) })}
        actions={
          <Anchor component={Link} to="/devices/new" fz="sm">
            Another driver
          </Anchor>
        }
      />
      {driver.data === undefined && driver.errorUpdateCount > 0 && (
        <Failure title="The driver could not be loaded" error={driver.error} onRetry={() => void driver.refetch()} />
      )}
      {driver.data !== undefined && (instances.data !== undefined || instances.isError) ? (
        <NewDeviceForm
          driver={driver.data}
          taken={instances.data?.map(({ instance_name }) => instance_name) ?? NO_NAMES}
        />
      ) : (
        driver.errorUpdateCount === 0 && <Skeleton height="24rem" radius="md" />
      )}
    </Stack>
  )
}

const NO_NAMES: readonly string[] = []

const driverLine = ({ description, vendor, version, protocol, package_name }: PluginDetails): string =>
  [description, protocol, `${vendor} ${version}`.trim(), package_name].filter((part) => part !== '').join(' · ')

interface NewDeviceFormProps {
  readonly driver: PluginDetails
  readonly taken: readonly string[]
}

function NewDeviceForm({ driver, taken }: NewDeviceFormProps) {
  const { client } = useServices()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const form = useMemo(() => formOf(driver.config_schema), [driver])
  const device = useDeviceForm({
    pluginId: driver.id,
    form,
    initial: useInitially(() => newDraft(driver.name, form, taken)),
  })
  const [makesEvents, setMakesEvents] = useState(true)
  const create = useMutation({
    mutationFn: (body: CreatePluginInstance) => client.plugins.create(body),
    onSuccess: async ({ public_id }) => {
      await forgetDevices(queries, client)
      await navigate({ to: '/devices/$id', params: { id: public_id } })
    },
    onError: device.refuse,
  })
  const failure = untoldError(create.error)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (create.isPending || !device.check()) return
    create.mutate(createBody(device.draft, form, { pluginId: driver.id, makesEvents }))
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="lg">
        <DeviceFields draft={device.draft} form={form} problems={device.problems} onChange={device.change} />
        <Section title="Events">
          <Switch
            label="Make events for its channels"
            description="Each channel gets an event, so that its values are recorded and shown"
            checked={makesEvents}
            onChange={({ currentTarget }) => setMakesEvents(currentTarget.checked)}
          />
        </Section>
        <ConnectionTest {...device.test} />
        {failure !== null && <Failure title="The device could not be added" error={failure} />}
        <div className={classes.actions}>
          <Button type="submit" loading={create.isPending}>
            Add device
          </Button>
          <Button
            variant="default"
            leftSection={<IconPlugConnected size="1.1rem" stroke={1.75} aria-hidden />}
            loading={device.test.isPending}
            onClick={device.runTest}
          >
            Test connection
          </Button>
          <Button variant="subtle" color="gray" component={Link} to="/devices">
            Cancel
          </Button>
        </div>
      </Stack>
    </form>
  )
}

/** What a form starts from; later news of it must not disturb who is typing. */
function useInitially<T>(make: () => T): T {
  const [initial] = useState(make)
  return initial
}
