# %% [markdown]
# # The verifier as a tool: agents and the service
#
# A language model that writes circuits needs somebody who checks them. This page offers the
# verifier to an agent over the Model Context Protocol (MCP), and to programs over HTTP. It needs
# the extra `serve`. Nothing leaves this machine, and a scripted "agent" stands in for a large
# model.

# %%
import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import matplotlib.pyplot as plt
from mcp import Client, StdioServerParameters, stdio_client

from quasar.service import BatchItem
from quasar.service import Client as ServiceClient

names = ["Ada", "Grace", "Emmy", "Rosalind"]
ring = [{"source": a, "target": b} for a, b in zip(names, names[1:] + names[:1], strict=True)]
problem = {
    "problem_type": "maxcut",
    "graph": {"nodes": [{"id": name} for name in names], "edges": ring},
}


def wait_for(work):
    """Run a coroutine to its end, in a notebook as in a script."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


# %% [markdown]
# ## An agent with a tool
#
# `quasar mcp` is a server that the agent's program starts. The agent sees tools with descriptions,
# and calls them. Ours makes the mistakes that models make: first a gate that does not exist, then
# a circuit without a search, then QAOA with guessed angles, which it has optimised.

# %%
server = StdioServerParameters(command=sys.executable, args=["-m", "quasar", "mcp", "--workers=1"])
header = 'OPENQASM 3.0; include "stdgates.inc"; qubit[4] q; '
pairs = [(0, 1), (1, 2), (2, 3), (3, 0)]
cost = " ".join(f"cx q[{a}], q[{b}]; rz(-0.5) q[{b}]; cx q[{a}], q[{b}];" for a, b in pairs)
attempts = [header + "hadamard q;", header + "h q;", header + f"h q; {cost} rx(0.5) q;"]


async def agent():
    """Three attempts with the verdicts that the tool gives, and an optimisation of the last."""
    told = []
    async with Client(stdio_client(server, errlog=subprocess.DEVNULL)) as client:
        tools = (await client.list_tools()).tools
        for qasm in attempts:
            asked = {"problem": problem, "qasm": qasm}
            told.append((await client.call_tool("verify_circuit", asked)).structured_content)
        better = await client.call_tool("optimise_circuit", asked)
        told.append(better.structured_content)
    return tools, told


tools, told = wait_for(agent())
for tool in tools:
    print(f"{tool.name:18} {tool.description.splitlines()[0]}")

# %%
titles = ["a gate that is none", "coins", "QAOA, guessed angles", "QAOA, optimised"]
chances = []
for title, answer in zip(titles, told, strict=True):
    report = answer["report"]
    fault = (report["fault"] or {}).get("message", "")
    chances.append(report["p_optimal"] or 0.0)
    print(f"{title:22} P(optimum) {chances[-1]:.3f}  {fault}")

figure, axes = plt.subplots(figsize=(6, 2.2))
axes.barh(titles, chances)
axes.set(xlabel="P(optimum)", xlim=(0, 1))
axes.invert_yaxis()
figure.tight_layout()

# %% [markdown]
# A broken circuit is a verdict with line and reason, which the model can act on; it is never an
# error of the tool. An entry like this makes it known to a desktop agent:
#
# ```json
# {"mcpServers": {"quasar": {"command": "quasar", "args": ["mcp"]}}}
# ```
#
# ## The same over HTTP
#
# `quasar serve` is for programs, on this machine or another: training loops, notebooks, a web
# page.

# %%
service = subprocess.Popen(
    [sys.executable, "-m", "quasar", "serve", "--port", "0", "--workers", "1"],
    stderr=subprocess.PIPE,
    text=True,
)
address = next(line.split()[-1] for line in service.stderr if line.startswith("listening on"))
with ServiceClient(address) as client:
    items = [BatchItem(title, qasm, "ring") for title, qasm in zip(titles, attempts, strict=False)]
    for result in client.verify_many(items, problems={"ring": problem}):
        print(f"{result.id:22} {result.report!r}")
service.terminate()
_ = service.wait()

# %% [markdown]
# Candidates are judged in worker processes with limits on time and memory, so text from a model
# that loops for ever costs a verdict and nothing else ([the service](../docs/service.md), [what it
# withstands](../docs/service-security.md)).
#
# Next: [data sets](10_data_sets.py).
