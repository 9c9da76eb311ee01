import { AppShell, Burger, Group } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Outlet } from '@tanstack/react-router'
import { Logo } from '../components/logo.tsx'
import { ConnectionIndicator } from '../features/live/connection-indicator.tsx'
import { useLiveConnection } from '../features/live/hooks.ts'
import { ColorSchemeMenu } from './color-scheme-menu.tsx'
import { Navigation } from './navigation.tsx'
import { UserMenu } from './user-menu.tsx'

/** The frame around every page that needs a login: header, navigation, content. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure(false)
  useLiveConnection()
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
        <Navigation onNavigate={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: 'none' }}>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  )
}
