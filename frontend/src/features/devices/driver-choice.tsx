import { Anchor, Skeleton, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { AvailablePlugin } from '@webmacs/contracts'
import { useState } from 'react'
import { useServices } from '../../app/services.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { Failure } from '../../components/failure.tsx'
import classes from './devices.module.css'
import { driversQuery } from './queries.ts'

/** From this many on, a list is searched rather than read. */
const SEARCHED_FROM = 9

/** Every driver that a controller has. */
export function DriverChoice() {
  const { client } = useServices()
  const drivers = useQuery(driversQuery(client))
  const [wanted, setWanted] = useState('')
  if (drivers.data === undefined && drivers.errorUpdateCount > 0)
    return (
      <Failure title="The drivers could not be loaded" error={drivers.error} onRetry={() => void drivers.refetch()} />
    )
  if (drivers.data === undefined) return <Skeleton height="16rem" radius="md" />
  if (drivers.data.length === 0) {
    return (
      <EmptyState title="No controller has any drivers" text="A controller says which drivers it has when it starts.">
        <Anchor component={Link} to="/plugins">
          Upload a plugin package
        </Anchor>
      </EmptyState>
    )
  }
  const shown = drivers.data.filter((driver) => fits(driver, wanted))
  return (
    <>
      {drivers.data.length >= SEARCHED_FROM && (
        <TextInput
          aria-label="Find a driver"
          placeholder="Find a driver"
          leftSection={<IconSearch size="1rem" aria-hidden />}
          maw="24rem"
          value={wanted}
          onChange={({ target }) => setWanted(target.value)}
        />
      )}
      <ul className={classes.grid} aria-label="Drivers">
        {shown.map((driver) => (
          <li key={driver.id} className={classes.card}>
            <h2 className={classes.name}>
              <Link to="/devices/new" search={{ driver: driver.id }}>
                {driver.name}
              </Link>
            </h2>
            <p className={classes.muted}>{driver.description}</p>
            <p className={classes.facts}>
              <span>{driver.vendor}</span>
              <span>Version {driver.version}</span>
            </p>
          </li>
        ))}
      </ul>
    </>
  )
}

const fits = ({ id, name, vendor, description }: AvailablePlugin, wanted: string): boolean =>
  `${id} ${name} ${vendor} ${description}`.toLowerCase().includes(wanted.trim().toLowerCase())
