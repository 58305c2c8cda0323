// stintd hook: @MARK@
// An opencode plugin that reports sessions, prompts and tools to stintd, one small file each, but never what a prompt or an answer says.
// `stint hooks uninstall opencode` removes it.
import { writeFileSync } from "node:fs"

const SPOOL = @SPOOL@

export const Stintd = async ({ directory }) => {
  const parents = new Map() // session of a subagent -> the session it works for
  const prompts = new Set()
  let latest = ""
  let count = 0

  const sessionOf = (id) => {
    for (let hops = 0; parents.has(id) && hops < 20; hops++) id = parents.get(id)
    return id
  }

  // Ten names are enough: a name is only taken if stintd has not yet read the file of an earlier process with our number.
  const tell = (event, session, more = {}, folder = directory) => {
    if (!session) return
    latest = sessionOf(session)
    const where = folder.replace(/[%\t\n]/g, (odd) => ({ "%": "%25", "\t": "%09", "\n": "%0A" })[odd])
    const line = ["v1", "agent-opencode", process.pid, where, event, `parent=${process.pid}`, `ci=${process.env.CI ? 1 : ""}`]
    const text = line.join("\t") + "\n" + JSON.stringify({ type: event, sessionID: latest, directory: folder, ...more }) + "\n"
    for (let attempt = 0; attempt < 10; attempt++) {
      try {
        writeFileSync(`${SPOOL}/agent-opencode.${process.pid}.${count++}`, text, { flag: "wx", mode: 0o600 })
        return
      } catch (error) {
        if (error.code !== "EEXIST") return
      }
    }
  }

  return {
    event: async ({ event }) => {
      const data = event.properties ?? {}
      const info = data.info ?? {}
      if (event.type === "session.created") {
        if (info.parentID) parents.set(info.id, info.parentID)
        else tell(event.type, info.id, {}, info.directory ?? directory)
      } else if (event.type === "message.updated") {
        const isSubagent = parents.has(info.sessionID)
        if (info.role !== "user" || isSubagent || prompts.has(info.id)) return
        prompts.add(info.id)
        tell(event.type, info.sessionID)
      } else if (event.type === "session.idle") {
        if (!parents.has(data.sessionID)) tell(event.type, data.sessionID)
      } else if (event.type === "session.deleted") {
        if (!parents.has(info.id)) tell(event.type, info.id, { reason: "delete" })
      } else if (event.type === "file.edited") {
        tell(event.type, latest, { file: data.file })
      }
    },
    "tool.execute.after": async (input) => {
      tell("tool.execute.after", input.sessionID, { tool: input.tool })
    },
  }
}
