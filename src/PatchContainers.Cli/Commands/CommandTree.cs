using System.CommandLine;

namespace PatchContainers.Cli.Commands;

/// <summary>The verbs.</summary>
internal static class CommandTree
{
    /// <summary>Builds the tree.</summary>
    public static RootCommand Create(CliHost host)
    {
        var root = new RootCommand(
            "Patch management for containers: find images that have fallen behind, scan them, patch them, roll them out.");
        var options = new GlobalOptions();
        options.AddTo(root);
        root.Subcommands.Add(StaleCommand.Create(host, options));
        root.Subcommands.Add(WorkloadsCommand.Create(host, options));
        root.Subcommands.Add(ScanCommand.Create(host, options));
        root.Subcommands.Add(CompareCommand.Create(host, options));
        root.Subcommands.Add(NotificationsCommand.Create(host, options));
        root.Subcommands.Add(UpdateCommand.Create(host, options));
        root.Subcommands.Add(RolloutCommand.Create(host, options));
        root.Subcommands.Add(QuarantineCommand.Create(host, options));
        root.Subcommands.Add(WindowCommand.Create(host, options));
        root.Subcommands.Add(HistoryCommand.Create(host, options));
        root.Subcommands.Add(AdvisoriesCommand.Create(host, options));
        root.Subcommands.Add(DoctorCommand.Create(host, options));
        root.Subcommands.Add(DemoCommand.Create(host, options));
        return root;
    }
}
