using System.CommandLine;

namespace PatchContainers.Cli.Commands;

/// <summary><c>doctor</c>: what surrounds a run.</summary>
internal static class DoctorCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var stores = new StoreArguments();
        var command = new Command("doctor", "Show versions, paths, the age of the advisories, and what can be reached.");
        var clusters = new KubernetesArguments();
        var engine = Options.Single("--docker-host", "HOST",
            "The engine to ask: unix:///PATH, tcp://HOST:2376, or a docker context; without, DOCKER_HOST or what docker would use.", text => text);
        clusters.AddScopeTo(command);
        command.Options.Add(engine);
        stores.AddTo(command);
        command.SetAction(CommandRun.Action(host, globals, stores, async (run, cancellationToken) =>
        {
            run.Write(await run.Services.ReadEnvironmentAsync(clusters.Read(run), run.Parsed.GetValue(engine) ?? string.Empty, cancellationToken)
                .ConfigureAwait(false));
            return ExitCode.Done;
        }));
        return command;
    }
}
