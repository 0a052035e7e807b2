using PatchContainers.Cli.Output;

namespace PatchContainers.Cli.Tests.Output;

public sealed class NoticeWriterTests : IDisposable
{
    private readonly StringWriter _error = new();

    public void Dispose() => _error.Dispose();

    [Fact]
    public void An_error_is_one_line_with_code_target_and_message()
    {
        var writer = Create(isTerminal: false);

        writer.Report(new PatchNotice.Failure(new PatchException(PatchErrorCode.NotFound, "a:1", "There is no a:1.\nLook elsewhere.")));

        Assert.Equal("error: NotFound a:1: There is no a:1. Look elsewhere.\n", _error.ToString());
        Assert.Equal(1, writer.Failures);
    }

    [Fact]
    public void A_message_that_begins_with_its_target_does_not_say_it_twice()
    {
        Create(isTerminal: false).Report(new PatchNotice.Failure(new PatchException(PatchErrorCode.NotFound, "a:1",
            "a:1: there is no such image.")));

        Assert.Equal("error: NotFound a:1: there is no such image.\n", _error.ToString());
    }

    [Fact]
    public void Warnings_survive_quiet_and_details_ask_for_verbose()
    {
        var quiet = Create(isTerminal: true, quiet: true);
        quiet.Report(new PatchNotice.Warning("mind this"));
        quiet.Report(new PatchNotice.Verbose("a detail"));
        quiet.Report(new PatchNotice.Progress("Scanning", "a:1", 5));

        Assert.Equal("warning: mind this\n", _error.ToString());
    }

    [Fact]
    public void Progress_is_drawn_on_a_terminal_only_and_wiped_before_an_error()
    {
        var redirected = Create(isTerminal: false);
        redirected.Report(new PatchNotice.Progress("Scanning", "a:1", 5));
        Assert.Equal(string.Empty, _error.ToString());

        var terminal = Create(isTerminal: true);
        terminal.Report(new PatchNotice.Progress("Scanning", "a:1", 5));
        terminal.Report(new PatchNotice.Warning("w"));

        Assert.Equal("\rScanning   5%: a:1\r" + new string(' ', 18) + "\rwarning: w\n", _error.ToString());
    }

    private NoticeWriter Create(bool isTerminal, bool quiet = false) => new(new CliHost
    {
        In = TextReader.Null,
        Out = TextWriter.Null,
        Error = _error,
        IsErrorRedirected = !isTerminal,
        Environment = _ => null,
    }, quiet, verbose: false);
}
