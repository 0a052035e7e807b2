using System.CommandLine;
using System.Runtime.CompilerServices;
using PatchContainers.Inventory;

namespace PatchContainers.Cli.Commands;

/// <summary><c>workloads</c>: what runs containers.</summary>
internal static class WorkloadsCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var paths = Options.List("--path", "PATH", "Kubernetes manifests and Compose files: a file, or a folder with all below it.",
            text => text);
        var platforms = new WorkloadArguments();
        var command = new Command("workloads", "List what runs containers, with the images that are named and the digests that run.") { paths };
        platforms.AddTo(command);
        command.SetAction(CommandRun.Action(host, globals, null, async (run, cancellationToken) =>
        {
            IWorkloadSource[] sources = [.. run.Parsed.GetValue(paths)!.Select(run.Services.Platforms.OpenFiles), .. platforms.Open(run)];
            if (sources.Length == 0)
            {
                throw new UsageException("Nothing to look at. Name files with --path, clusters with --kubernetes "
                    + "or an engine with --docker or --swarm.");
            }

            return await run.WriteAllAsync(ListAsync(sources, run, cancellationToken), null, cancellationToken).ConfigureAwait(false);
        }));
        return command;
    }

    private static async IAsyncEnumerable<Workload> ListAsync(IWorkloadSource[] sources, CommandRun run,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var source in sources)
        {
            await foreach (var workload in source.ListAsync(run.Notices, cancellationToken).ConfigureAwait(false))
            {
                yield return workload;
            }
        }
    }
}
