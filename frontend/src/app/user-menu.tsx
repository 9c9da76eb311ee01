import { Avatar, Menu, Text, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { IconLogout } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { meQuery } from '../features/auth/queries.ts'
import { useServices } from './services.ts'

/** Who is signed in, and the way out. Without an answer from the server the way out stays open. */
export function UserMenu() {
  const { client, session } = useServices()
  const { data: user } = useQuery(meQuery(client))
  // Whatever the server says, this browser forgets the token.
  const logout = useMutation({ mutationFn: () => client.auth.logout(), onSettled: session.signOut })
  const name = user?.username ?? 'Account'
  return (
    <Menu position="bottom-end" width="14rem">
      <Menu.Target>
        <UnstyledButton style={{ borderRadius: '50%' }}>
          <Avatar color="rig" radius="xl" size="2.1rem" variant="filled" aria-hidden>
            {user?.username.slice(0, 2).toUpperCase()}
          </Avatar>
          <VisuallyHidden>Account: {name}</VisuallyHidden>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {user !== undefined && (
          <Menu.Label>
            <Text fz="sm" fw={600} c="var(--mantine-color-text)">
              {user.username}
            </Text>
            <Text fz="xs" truncate>
              {user.email}
            </Text>
            <Text fz="xs">Role: {user.role}</Text>
          </Menu.Label>
        )}
        <Menu.Item
          leftSection={<IconLogout size="1.1rem" stroke={1.75} aria-hidden />}
          disabled={logout.isPending}
          onClick={() => logout.mutate()}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
