import { NavLink } from '@mantine/core'
import {
  IconBook2,
  IconChartLine,
  IconDatabase,
  IconFlask,
  IconHistory,
  IconLayoutDashboard,
  IconPackage,
  IconPlug,
} from '@tabler/icons-react'
import { Link, useLocation } from '@tanstack/react-router'
import { useMay } from '../features/auth/use-may.ts'

const STYLE = { borderRadius: 'var(--mantine-radius-md)' }
const PAGES = [
  { to: '/', label: 'Dashboard', Icon: IconLayoutDashboard, below: undefined },
  { to: '/charts', label: 'Charts', Icon: IconChartLine, below: undefined },
  { to: '/experiments', label: 'Experiments', Icon: IconFlask, below: undefined },
  { to: '/data', label: 'Data', Icon: IconDatabase, below: undefined },
  { to: '/devices', label: 'Devices', Icon: IconPlug, below: '/devices/' },
  { to: '/commands', label: 'Commands', Icon: IconHistory, below: undefined },
] as const
const ADMIN_PAGES = [{ to: '/plugins', label: 'Plugin packages', Icon: IconPackage, below: undefined }] as const

/** Where one can go: pages that one could only look at without any use of it are left out. */
export function Navigation({ onNavigate }: { readonly onNavigate: () => void }) {
  const { pathname } = useLocation()
  const mayUpload = useMay('POST /api/v1/plugins/packages/upload')
  const pages = mayUpload ? [...PAGES, ...ADMIN_PAGES] : PAGES
  return (
    <>
      {pages.map(({ to, label, Icon, below }) => {
        const isHere = pathname === to || (below !== undefined && pathname.startsWith(below))
        return (
          <NavLink
            key={to}
            component={Link}
            to={to}
            label={label}
            leftSection={<Icon size="1.2rem" stroke={1.75} aria-hidden />}
            active={isHere}
            aria-current={isHere ? 'page' : undefined}
            onClick={onNavigate}
            style={STYLE}
          />
        )
      })}
      <NavLink
        href="/docs"
        label="API reference"
        leftSection={<IconBook2 size="1.2rem" stroke={1.75} aria-hidden />}
        style={STYLE}
      />
    </>
  )
}
