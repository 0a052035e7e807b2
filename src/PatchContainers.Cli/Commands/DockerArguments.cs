using System.CommandLine;
using PatchContainers.Inventory;

namespace PatchContainers.Cli.Commands;

/// <summary>The options of verbs that look at what a container engine, or its swarm, runs.</summary>
internal sealed class DockerArguments
{
    private readonly Option<bool> _docker = Options.Switch("--docker", "The containers that an engine runs.");
    private readonly Option<bool> _swarm = Options.Switch("--swarm", "The services of the swarm that an engine manages.");
    private readonly Option<string?> _host = Options.Single("--docker-host", "HOST",
        "The engine: unix:///PATH, tcp://HOST:2376, or a docker context; without, DOCKER_HOST or what docker would use.", text => text);

    private readonly Option<string[]> _ignored = Options.List("--ignore-change", "PATH",
        "A file or folder in containers whose changes do not count.", text => text);

    public void AddTo(Command command)
    {
        command.Options.Add(_docker);
        command.Options.Add(_swarm);
        command.Options.Add(_host);
        command.Options.Add(_ignored);
    }

    /// <summary>Whether an engine is asked.</summary>
    public bool IsAsked(CommandRun run) => run.Parsed.GetValue(_docker) || run.Parsed.GetValue(_swarm);

    /// <summary>The engine's workloads; nothing where they are not asked for.</summary>
    /// <param name="run">The run.</param>
    /// <param name="selector">The label selector.</param>
    /// <exception cref="UsageException">An option is about engines, and no option asks for them.</exception>
    public IEnumerable<IWorkloadSource> Open(CommandRun run, string selector)
    {
        var options = new DockerInventoryOptions
        {
            Host = run.Parsed.GetValue(_host) ?? string.Empty,
            Selector = selector,
            IgnoredChanges = run.Parsed.GetValue(_ignored) ?? [],
        };
        if (!IsAsked(run) && options.Host.Length + options.IgnoredChanges.Count > 0)
        {
            throw new UsageException("--docker-host and --ignore-change are about engines, and need --docker or --swarm.");
        }

        var sources = new List<IWorkloadSource>();
        if (run.Parsed.GetValue(_docker))
        {
            sources.Add(run.Services.OpenDocker(options));
        }

        if (run.Parsed.GetValue(_swarm))
        {
            sources.Add(run.Services.OpenSwarm(options));
        }

        return sources;
    }
}
