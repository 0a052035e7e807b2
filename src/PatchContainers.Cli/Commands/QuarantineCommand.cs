using System.CommandLine;

namespace PatchContainers.Cli.Commands;

/// <summary><c>quarantine</c>: the digests that failed after they ran.</summary>
internal static class QuarantineCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var command = new Command("quarantine", "List the digests that failed after they ran, and may not be rolled out again.")
        {
            Clear(host, globals),
        };
        command.SetAction(CommandRun.Action(host, globals, null, async (run, cancellationToken) =>
        {
            foreach (var entry in await run.Services.Rollouts.ListQuarantineAsync(cancellationToken).ConfigureAwait(false))
            {
                run.Write(entry);
            }

            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Clear(CliHost host, GlobalOptions globals)
    {
        var digest = new Argument<string>("DIGEST") { Description = "The digest: sha256:..." };
        var repository = new Option<string?>("--repository")
        {
            Description = "The repository; all that hold the digest in quarantine by default.",
            HelpName = "NAME",
        };
        var whatIf = Options.Switch("--what-if", "Show what would be released, and write nothing.");
        var command = new Command("clear", "Release a digest from quarantine. The history records who did.") { digest, repository, whatIf };
        command.SetAction(CommandRun.Action(host, globals, null, async (run, cancellationToken) =>
        {
            var (name, place) = (run.Parsed.GetRequiredValue(digest), run.Parsed.GetValue(repository));
            var released = run.Parsed.GetValue(whatIf)
                ? await run.Services.Rollouts.FindQuarantinedAsync(name, place, cancellationToken).ConfigureAwait(false)
                : await run.Services.Rollouts.ReleaseAsync(name, place, cancellationToken).ConfigureAwait(false);
            foreach (var entry in released)
            {
                run.Write(entry);
            }

            return released.Count > 0 ? ExitCode.Done : throw new PatchException(PatchErrorCode.NotFound, name,
                $"{name} is not in quarantine{(place is null ? string.Empty : $" for {place}")}.");
        }));
        return command;
    }
}
