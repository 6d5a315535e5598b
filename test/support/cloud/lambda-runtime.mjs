// A minimal Lambda runtime for the process of one function: loads the bundle given by the last argument, and answers each
// event with the result of the handler. Plain JavaScript keeps the start fast.

const { handler } = await import(process.argv.at(-1));

process.on('message', async ({ id, event }) => {
  try {
    process.send({ id, result: (await handler(event, {})) ?? null });
  } catch (error) {
    const { name, message, code } = error instanceof Error ? error : { message: String(error) };
    process.send({ id, error: { name, message, code } });
  }
});
