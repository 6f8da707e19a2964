// Generator writes compress_amd64.s: the compression function G of Argon2 (RFC 9106 3.5)
// in the two halves that block.go has, for AVX2.
//
//	go generate ./internal/argon2
package main

import (
	"fmt"
	"os"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	text, err := generate()
	if err == nil {
		err = os.WriteFile("compress_amd64.s", text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generator:", err)
		os.Exit(1)
	}
}

func generate() ([]byte, error) {
	g := &generator{Context: build.NewContext()}
	g.table24, g.table16 = g.rotation("rotate24", 24), g.rotation("rotate16", 16)
	g.begin("beginAVX2", false)
	g.begin("beginOverAVX2", true)
	g.finish("finishAVX2")
	file, err := g.Result()
	if err != nil {
		return nil, err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return nil, err
	}
	return printer.NewGoAsm(printer.Config{Argv: []string{"go", "generate"}, Pkg: "argon2"}).Print(file)
}

const (
	rowBytes = 128 // a block has 8 rows of 8 pairs of numbers
	register = 32  // two pairs of numbers
)

type generator struct {
	*build.Context
	table24, table16 operand.Mem
	by24, by16       reg.VecVirtual
}

// numbers are four numbers of each of two permutations that run together: one has the
// lower halves of the registers, the other the upper ones.
type numbers [2]reg.VecVirtual

// state is v_0 to v_15 of the two: a, b, c and d are the rows of RFC 9106's 4 by 4 matrix.
type state struct{ a, b, c, d numbers }

// begin does the rows and the first two columns.
func (g *generator) begin(name string, over bool) {
	g.function(name, "func(out, previous, reference, rows *[128]uint64)")
	out, previous, reference, rows := g.block("out"), g.block("previous"), g.block("reference"), g.block("rows")
	g.loadRotations()
	for row := 0; row < 8; row += 2 {
		g.Commentf("Rows %d and %d.", row, row+1)
		var v [4]numbers
		for i := range v {
			var both numbers
			for j := range both {
				at := (row+j)*rowBytes + i*register
				both[j] = g.YMM()
				g.VMOVDQU(previous.Offset(at), both[j])
				g.VPXOR(reference.Offset(at), both[j], both[j])
				g.add(out.Offset(at), both[j], over)
			}
			v[i] = g.transpose(both)
		}
		v = g.permute(state{v[0], v[1], v[2], v[3]}).rows()
		for i := range v {
			for j, x := range g.transpose(v[i]) {
				g.VMOVDQU(x, rows.Offset((row+j)*rowBytes+i*register))
			}
		}
	}
	g.columns(out, rows, 0)
	g.end()
}

// finish does the other columns, and prefetches the next block.
func (g *generator) finish(name string) {
	g.function(name, "func(out, rows, next *[128]uint64)")
	out, rows, next := g.block("out"), g.block("rows"), g.block("next")
	g.loadRotations()
	for line := 0; line < 1024; line += 64 {
		g.PREFETCHT0(next.Offset(line))
	}
	for i := 1; i < 4; i++ {
		g.columns(out, rows, i)
	}
	g.end()
}

// columns does columns 2i and 2i+1, and adds them to out.
func (g *generator) columns(out, rows operand.Mem, i int) {
	g.Commentf("Columns %d and %d.", 2*i, 2*i+1)
	at := func(n, half int) int { return (2*n+half)*rowBytes + i*register }
	var v [4]numbers
	for n := range v {
		for half := range v[n] {
			v[n][half] = g.YMM()
			g.VMOVDQU(rows.Offset(at(n, half)), v[n][half])
		}
	}
	v = g.permute(state{v[0], v[1], v[2], v[3]}).rows()
	for n := range v {
		for half, x := range v[n] {
			g.VPXOR(out.Offset(at(n, half)), x, x)
			g.VMOVDQU(x, out.Offset(at(n, half)))
		}
	}
}

func (v state) rows() [4]numbers { return [4]numbers{v.a, v.b, v.c, v.d} }

// permute is the permutation P (RFC 9106 3.6): the columns of the matrix, then its
// diagonals, which are columns once each row has been rotated by its number.
func (g *generator) permute(v state) state {
	g.mix(v)
	v.b, v.c, v.d = g.turn(v.b, 1), g.turn(v.c, 2), g.turn(v.d, 3)
	g.mix(v)
	v.b, v.c, v.d = g.turn(v.b, 3), g.turn(v.c, 2), g.turn(v.d, 1)
	return v
}

// mix is GB of all four columns.
func (g *generator) mix(v state) {
	g.sum(v.a, v.b)
	g.rotate(v.d, v.a, 32)
	g.sum(v.c, v.d)
	g.rotate(v.b, v.c, 24)
	g.sum(v.a, v.b)
	g.rotate(v.d, v.a, 16)
	g.sum(v.c, v.d)
	g.rotate(v.b, v.c, 63)
}

// sum makes x + y + 2·trunc(x)·trunc(y) of x.
func (g *generator) sum(x, y numbers) {
	product := numbers{g.YMM(), g.YMM()}
	for i := range x {
		g.VPMULUDQ(x[i], y[i], product[i])
	}
	for i := range x {
		g.VPADDQ(y[i], x[i], x[i])
		g.VPADDQ(product[i], product[i], product[i])
	}
	for i := range x {
		g.VPADDQ(product[i], x[i], x[i])
	}
}

// rotate makes (x XOR y) >>> bits of x.
func (g *generator) rotate(x, y numbers, bits int) {
	for i := range x {
		g.VPXOR(y[i], x[i], x[i])
	}
	for i := range x {
		switch bits {
		case 32:
			g.VPSHUFD(operand.Imm(0b10_11_00_01), x[i], x[i])
		case 24:
			g.VPSHUFB(g.by24, x[i], x[i])
		case 16:
			g.VPSHUFB(g.by16, x[i], x[i])
		case 63: // left by one: doubled, and the highest bit
			doubled := g.YMM()
			g.VPADDQ(x[i], x[i], doubled)
			g.VPSRLQ(operand.Imm(63), x[i], x[i])
			g.VPXOR(doubled, x[i], x[i])
		}
	}
}

// turn rotates the numbers of a row n places to the left.
func (g *generator) turn(x numbers, n int) numbers {
	if n%2 == 1 {
		turned := numbers{g.YMM(), g.YMM()}
		g.VPALIGNR(operand.Imm(8), x[0], x[1], turned[0])
		g.VPALIGNR(operand.Imm(8), x[1], x[0], turned[1])
		x = turned
	}
	if n >= 2 {
		x[0], x[1] = x[1], x[0]
	}
	return x
}

// transpose turns two registers with two pairs of one row each into two with one pair
// of both rows each, and back.
func (g *generator) transpose(x numbers) numbers {
	lower, upper := g.YMM(), g.YMM()
	g.VPERM2I128(operand.Imm(0x20), x[1], x[0], lower)
	g.VPERM2I128(operand.Imm(0x31), x[1], x[0], upper)
	return numbers{lower, upper}
}

// add adds x to what is in memory, or writes it there.
func (g *generator) add(to operand.Mem, x reg.VecVirtual, over bool) {
	if over {
		sum := g.YMM()
		g.VPXOR(to, x, sum)
		x = sum
	}
	g.VMOVDQU(x, to)
}

func (g *generator) function(name, signature string) {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr(signature)
}

func (g *generator) end() {
	g.VZEROUPPER()
	g.RET()
}

// block is where an argument points.
func (g *generator) block(argument string) operand.Mem {
	return operand.Mem{Base: g.Load(g.Param(argument), g.GP64())}
}

// rotation is the table with which VPSHUFB rotates the numbers of half a register to the
// right.
func (g *generator) rotation(name string, bits int) operand.Mem {
	table := g.StaticGlobal(name)
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 16 {
		g.AppendDatum(operand.U8(i&^7 + (i+bits/8)%8))
	}
	return table
}

func (g *generator) loadRotations() {
	g.by24, g.by16 = g.YMM(), g.YMM()
	g.VBROADCASTI128(g.table24, g.by24)
	g.VBROADCASTI128(g.table16, g.by16)
}
