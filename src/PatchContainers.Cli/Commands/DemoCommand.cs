using System.CommandLine;
using PatchContainers.Cli.Demo;
using PatchContainers.Cli.Output;

namespace PatchContainers.Cli.Commands;

/// <summary><c>demo</c>: all of it on images and files that it makes itself.</summary>
internal static class DemoCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var path = new Option<string>("--path")
        {
            Description = "The demo's folder. One that no demo made is never touched.",
            HelpName = "DIR",
            DefaultValueFactory = _ => "patchcontainers-demo",
        };
        var data = new Option<string?>("--data")
        {
            Description = "A folder with other package lists and advisories, in the form of the demo's own data folder.",
            HelpName = "DIR",
        };
        var prepare = Options.Switch("--prepare", "Only make the folder, to try the commands on it by hand.");
        var command = new Command("demo", "Show everything on images and files made on the spot: offline, in seconds.")
        {
            path, data, prepare,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                var workspace = DemoWorkspace.Create(parsed.GetRequiredValue(path), parsed.GetValue(data));
                var script = new DemoScript(host, workspace, DemoProgram.Current());
                var work = parsed.GetValue(prepare) ? script.PrepareAsync(cancellationToken) : script.RunAsync(cancellationToken);
                await work.ConfigureAwait(false);
                return ExitCode.Done;
            }
            catch (PatchException exception)
            {
                new NoticeWriter(host, parsed.GetValue(globals.Quiet), parsed.GetValue(globals.Verbose))
                    .WriteError(exception.Code.ToString(), exception.Target, exception.Message);
                return ExitCode.Failed;
            }
        });
        return command;
    }
}
