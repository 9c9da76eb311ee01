import { Alert, Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import type { LoginRequest } from '@webmacs/contracts'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { Logo } from '../../components/logo.tsx'

/** Asks for email and password. The guard of the route leads on once the session has its token. */
export function LoginPage() {
  const { client, session } = useServices()
  const [isIncomplete, setIncomplete] = useState(false)
  const password = useRef<HTMLInputElement>(null)
  const login = useMutation({
    mutationFn: (credentials: LoginRequest) => client.auth.login(credentials),
    onSuccess: ({ access_token }) => session.signIn(access_token),
    onError: () => password.current?.select(),
  })
  useEffect(() => {
    document.title = 'Sign in – WebMACS'
  }, [])

  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    const credentials = { email: String(fields.get('email')).trim(), password: String(fields.get('password')) }
    const isMissing = credentials.email === '' || credentials.password === ''
    setIncomplete(isMissing)
    if (!isMissing && !login.isPending) login.mutate(credentials)
  }
  const complaint = isIncomplete ? 'Enter your email address and your password.' : login.error?.message

  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack w="100%" maw={400} gap="lg">
        <Center>
          <Logo />
        </Center>
        <Paper withBorder shadow="sm" p="xl" radius="lg">
          <form onSubmit={submit} noValidate aria-labelledby="login-title">
            <Stack gap="md">
              <Title order={1} size="h3" id="login-title">
                Sign in
              </Title>
              <div role="alert">
                {complaint !== undefined && (
                  <Alert color="red" variant="light" icon={<IconAlertTriangle aria-hidden />}>
                    {complaint}
                  </Alert>
                )}
              </div>
              <TextInput label="Email" name="email" type="email" autoComplete="username" autoFocus size="md" />
              <PasswordInput
                ref={password}
                label="Password"
                name="password"
                autoComplete="current-password"
                size="md"
              />
              <Button type="submit" size="md" loading={login.isPending} fullWidth>
                Sign in
              </Button>
            </Stack>
          </form>
        </Paper>
        <Text fz="sm" c="dimmed" ta="center">
          Monitoring and control for your rig
        </Text>
      </Stack>
    </Center>
  )
}
