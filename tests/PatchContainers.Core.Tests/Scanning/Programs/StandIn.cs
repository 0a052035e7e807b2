using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Programs;

/// <summary>
/// A program in a scanner's place: it notes its arguments and its environment, and replays a report, an exit code and what a scanner says on
/// its error output.
/// </summary>
internal sealed class StandIn
{
    private readonly TemporaryFolder _folder;

    public StandIn(TemporaryFolder folder, string version = "{}")
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in is a shell script.");
        _folder = folder;
        File.WriteAllText(folder["version.json"], version);
        Reports("{}");
        File.WriteAllText(Path, $"""
            #!/bin/sh
            here={folder.Path}
            if [ "$1" = version ]; then cat "$here/version.json"; exit 0; fi
            for argument; do printf '%s\n' "$argument"; done >>"$here/arguments"
            env | sort >"$here/environment"
            . "$here/before"
            cat "$here/report.json"
            . "$here/after"
            """);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public string Path => _folder["scanner"];

    /// <summary>The arguments of all its calls, one after another.</summary>
    public string[] Arguments => File.ReadAllLines(_folder["arguments"]);

    /// <summary>The environment of its last call.</summary>
    public string[] Environment => File.ReadAllLines(_folder["environment"]);

    /// <summary>What it prints, and the lines of shell that it runs before and after that.</summary>
    public void Reports(string report, string before = "", string after = "")
    {
        File.WriteAllText(_folder["report.json"], report);
        File.WriteAllText(_folder["before"], before + "\n");
        File.WriteAllText(_folder["after"], after + "\n");
    }
}
