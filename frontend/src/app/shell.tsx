import { AppShell, Burger, Group, NavLink } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconBook2, IconLayoutDashboard } from '@tabler/icons-react'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { Logo } from '../components/logo.tsx'
import { ConnectionIndicator } from '../features/live/connection-indicator.tsx'
import { ColorSchemeMenu } from './color-scheme-menu.tsx'
import { UserMenu } from './user-menu.tsx'

/** The frame around every page that needs a login: header, navigation, content. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure(false)
  const { pathname } = useLocation()
  return (
    <AppShell
      header={{ height: '3.5rem' }}
      navbar={{ width: '13rem', breakpoint: 'md', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <AppShell.Header>
        <Group h="100%" px={{ base: 'sm', sm: 'md' }} justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={isOpen ? 'Close navigation' : 'Open navigation'}
              aria-expanded={isOpen}
            />
            <Logo isCompact />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <ConnectionIndicator />
            <ColorSchemeMenu />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label="Main">
        <NavLink
          component={Link}
          to="/"
          label="Dashboard"
          leftSection={<IconLayoutDashboard size="1.2rem" stroke={1.75} aria-hidden />}
          active={pathname === '/'}
          aria-current={pathname === '/' ? 'page' : undefined}
          onClick={close}
          style={{ borderRadius: 'var(--mantine-radius-md)' }}
        />
        <NavLink
          href="/docs"
          label="API reference"
          leftSection={<IconBook2 size="1.2rem" stroke={1.75} aria-hidden />}
          style={{ borderRadius: 'var(--mantine-radius-md)' }}
        />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: 'none' }}>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  )
}
