using System.CommandLine;
using System.CommandLine.Parsing;
using PatchContainers.Cli.Output;

namespace PatchContainers.Cli.Commands;

/// <summary>The options that every verb takes.</summary>
internal sealed class GlobalOptions
{
    public Option<string?> StatePath { get; } = new("--state-path")
    {
        Description = "The folder of advisories, cache, journal and history. Else PATCHCONTAINERS_HOME, else your data folder.",
        HelpName = "DIR",
        Recursive = true,
    };

    public Option<string?> StateStore { get; } = new("--state-store")
    {
        Description = "Where journals, locks, requests and the quarantine are: kubernetes://CONTEXT/NAMESPACE, or file for the state folder.",
        HelpName = "ADDRESS",
        Recursive = true,
    };

    public Option<string?> Settings { get; } = new("--settings")
    {
        Description = "A settings file (JSON) in place of settings.json in the state folder.",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<OutputFormat?> Output { get; } = new("--output", "-o")
    {
        Description = "How records are written. Without it: tables to a terminal, JSON lines to a pipe.",
        HelpName = "table|json|csv",
        Recursive = true,
    };

    public Option<bool> Details { get; } = new("--details")
    {
        Description = "In tables, the findings, steps and sentences below each row as well.",
        Recursive = true,
    };

    public Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "No progress. Errors and warnings are always written.",
        Recursive = true,
    };

    public Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Details on standard error: what was asked, read and reused.",
        Recursive = true,
    };

    public Option<bool> Strict { get; } = new("--strict")
    {
        Description = "Exit code 6 when anything is Unknown or Unassessed.",
        Recursive = true,
    };

    public void AddTo(Command root)
    {
        Output.CustomParser = ParseFormat;
        Output.CompletionSources.Add("table", "json", "csv");
        root.Options.Add(StatePath);
        root.Options.Add(StateStore);
        root.Options.Add(Settings);
        root.Options.Add(Output);
        root.Options.Add(Details);
        root.Options.Add(Quiet);
        root.Options.Add(Verbose);
        root.Options.Add(Strict);
    }

    // The library's own parser takes the numbers of the enumeration too, which are no contract.
    private static OutputFormat? ParseFormat(ArgumentResult result)
    {
        switch (result.Tokens[^1].Value)
        {
            case "table":
                return OutputFormat.Table;
            case "json":
                return OutputFormat.Json;
            case "csv":
                return OutputFormat.Csv;
            default:
                result.AddError($"'{result.Tokens[^1].Value}' is no output format. Write table, json or csv.");
                return null;
        }
    }
}
