import { client } from './connect.ts'

// A device of our own: an instance that no controller runs a driver for, and one channel for each thing that it measures.
const { public_id: device } = await client.plugins.create({
  plugin_id: 'weather-station',
  instance_name: 'Weather station on the roof',
})

for (const { name, unit, max_value } of [
  { name: 'Roof temperature', unit: '°C', max_value: 60 },
  { name: 'Roof wind', unit: 'm/s', max_value: 50 },
]) {
  const event = await client.events.create({ name, unit, min_value: -40, max_value, type: 'sensor', area: 'Roof' })
  // Readings are stored only of events that are linked to a channel of an enabled instance.
  await client.plugins.channels.create(device, {
    channel_id: name.toLowerCase().replaceAll(' ', '_'),
    channel_name: name,
    direction: 'input',
    unit,
    event_public_id: event.public_id,
  })
  console.log(`${name}: ${event.public_id}`)
}
