/** A piCtory file with the form of a real one: a Connect, a DIO whose outputs begin at byte 70 of the device, an AIO, and a gateway. */
const bits = (name: string, count: number, offset: number, firstKey = 0): [string, unknown[]][] =>
  Array.from({ length: count }, (_, index) => [
    String(firstKey + index),
    [`${name}_${index + 1}`, '0', '1', String(offset), true, String(index).padStart(4, '0'), '', String(index)],
  ])

const word = (key: number, name: string, size: number, offset: number, comment = ''): [string, unknown[]] => [
  String(key),
  [name, '0', String(size), String(offset), true, String(key).padStart(4, '0'), comment, ''],
]

export const PICTORY = {
  App: { name: 'PiCtory', version: '2.0.6', saveTS: '20240312104500' },
  Summary: { inpTotal: 100, outTotal: 40 },
  Devices: [
    {
      ...{ GUID: 'a', id: 'device_RevPiConnect_1', type: 'BASE', productType: '105', position: '0', name: 'Connect' },
      ...{ bmk: 'RevPi Connect', offset: 0, comment: '' },
      inp: Object.fromEntries([word(0, 'RevPiStatus', 8, 0)]),
      out: Object.fromEntries([word(0, 'RevPiLED', 16, 6)]),
      mem: {},
    },
    {
      ...{ GUID: 'b', id: 'device_RevPiDIO_1', type: 'LEFT_RIGHT', productType: '96', position: '32', name: 'DIO' },
      ...{ bmk: 'RevPi DIO', offset: 11, comment: '' },
      // keys as text sort 0, 1, 10, 11 …: they have to be sorted as numbers
      inp: Object.fromEntries([...bits('I', 14, 0), word(14, 'Counter_1', 32, 6)].reverse()),
      out: Object.fromEntries(bits('O', 14, 70)),
      mem: Object.fromEntries([word(0, 'InputMode_1', 8, 88)]),
    },
    {
      ...{ GUID: 'c', id: 'device_RevPiAIO_1', type: 'LEFT_RIGHT', productType: '103', position: '33', name: 'AIO' },
      ...{ bmk: 'RevPi AIO', offset: 120, comment: '' },
      inp: Object.fromEntries([
        word(0, 'RTDValue_1', 16, 0, 'Temperature, 0.1 °C'),
        word(1, 'InputValue_1', 16, 2, 'Voltage'),
      ]),
      out: Object.fromEntries([word(0, 'OutputValue_1', 16, 20, 'Current')]),
      mem: {},
    },
    {
      ...{ GUID: 'd', id: 'device_Gateway_1', type: 'EDGE', productType: '71', position: '31', name: 'Gateway' },
      ...{ bmk: 'Gateway', offset: 200, comment: '' },
      inp: Object.fromEntries([word(0, 'Input_Block', 4096, 0)]),
      out: {},
      mem: {},
    },
  ],
}
