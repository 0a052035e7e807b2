using System.CommandLine;
using PatchContainers.Advisories;

namespace PatchContainers.Cli.Commands;

/// <summary><c>advisories</c>: what is known about packages.</summary>
internal static class AdvisoriesCommand
{
    public static Command Create(CliHost host, GlobalOptions globals) =>
        new("advisories", "Import advisories, or show which are there.") { Update(host, globals), Status(host, globals) };

    private static Command Update(CliHost host, GlobalOptions globals)
    {
        var paths = Options.List("--path", "PATH", "OSV advisories: a JSON file, a folder, or a zip.", text => text, required: true);
        var replace = Options.Switch("--replace", "Let the source replace what was there of its ecosystems, instead of adding to it.");
        var command = new Command("update", "Import advisories in the OSV format from files.") { paths, replace };
        command.SetAction(CommandRun.Action(host, globals, null, async (run, cancellationToken) =>
        {
            foreach (var path in run.Parsed.GetValue(paths)!)
            {
                run.Write(await run.Services.Advisories.ImportAsync(path,
                    new AdvisoryImportOptions { Replace = run.Parsed.GetValue(replace) }, run.Notices, cancellationToken)
                    .ConfigureAwait(false));
            }

            return run.Notices.Failures > 0 ? ExitCode.Partly : ExitCode.Done;
        }));
        return command;
    }

    private static Command Status(CliHost host, GlobalOptions globals)
    {
        var command = new Command("status", "Show the compiled advisories: ecosystem, number, age.");
        command.SetAction(CommandRun.Action(host, globals, null, (run, _) =>
        {
            foreach (var ecosystem in run.Services.AdvisoryCatalog.List(run.Notices))
            {
                run.Write(ecosystem);
            }

            return Task.FromResult(run.Notices.Failures > 0 ? ExitCode.Partly : ExitCode.Done);
        }));
        return command;
    }
}
